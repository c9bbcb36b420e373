internal import Glibc

/// What files take on disk, as `du` counts it: the blocks that the file system gave to them.
package enum DiskUsage {
    /// Files that are gone take nothing, and a file with several names counts once.
    package static func byteCount(ofFiles paths: [String]) -> UInt64 {
        var seen: Set<UInt> = []
        var blockCount: UInt64 = 0
        for path in paths {
            var information = stat()
            guard unsafe lstat(path, &information) == 0, seen.insert(information.st_ino).inserted else { continue }
            blockCount += UInt64(clamping: information.st_blocks)
        }
        return blockCount * 512
    }
}
