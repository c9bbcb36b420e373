internal import Glibc
package import NIOCore

extension EventLoop {
    /// Gives the loop's thread a name that `top -H` and `akashi load` show; the kernel keeps 15 bytes.
    package func nameThread(_ name: String) {
        execute {
            guard let file = unsafe fopen("/proc/thread-self/comm", "w") else { return }
            _ = unsafe fputs(name, file)
            unsafe fclose(file)
        }
    }
}
