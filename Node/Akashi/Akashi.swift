import AkashiCLI

@main
struct Akashi {
    static func main() async {
        await AkashiProgram.main()
    }
}
