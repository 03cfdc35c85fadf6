import Foundation
import Glibc
import SystemPackage

/// A disk in memory that is soon full. Only root may have one, and not in every container.
public enum SmallDisk {
    /// Whether this process may have one.
    public static let isAllowed: Bool = {
        let directory = FileManager.default.temporaryDirectory.appending(path: "hoso-disk-\(UUID().uuidString)").path
        defer { rmdir(directory) }
        guard mkdir(directory, 0o700) == 0, (try? mount(directory, megabytes: 1)) != nil else { return false }
        return umount(directory) == 0
    }()

    static func mount(_ directory: String, megabytes: Int) throws {
        let status = "size=\(megabytes)m,mode=0755".withCString { options in
            Glibc.mount("tmpfs", directory, "tmpfs", 0, options)
        }
        guard status == 0 else { throw ServerCommand.Failure(description: "no disk for \(directory): errno \(errno)") }
    }

    /// A file that takes up room until it is dropped.
    public struct Ballast: Sendable {
        let path: String

        /// Gives the room back.
        public func drop() { unlink(path) }
    }

    static func fill(_ directory: String, leaving megabytes: Int) throws -> Ballast {
        let ballast = Ballast(path: "\(directory)/ballast")
        var room = statvfs()
        guard statvfs(directory, &room) == 0 else { throw ServerCommand.Failure(description: "no \(directory)") }
        let bytes = Int(room.f_bavail) * Int(room.f_bsize) - megabytes << 20
        let file = try FileDescriptor.open(
            ballast.path, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
        try file.closeAfter {
            guard bytes > 0, posix_fallocate(file.rawValue, 0, bytes) == 0 else {
                throw ServerCommand.Failure(description: "there is no room to take")
            }
        }
        return ballast
    }
}
