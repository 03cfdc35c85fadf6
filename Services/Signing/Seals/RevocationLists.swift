import Foundation
import Synchronization
import Trust

/// Revocation lists in files, read again when a file was replaced or changed: authorities issue new ones every few days,
/// and nobody restarts a service for that.
final class RevocationLists: Sendable {
    /// What tells one state of a file from the next.
    private struct Mark: Equatable {
        let changedAt: Date?
        let size: UInt64?
        let number: UInt64?

        init(_ path: String) throws {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            changedAt = attributes[.modificationDate] as? Date
            size = (attributes[.size] as? NSNumber)?.uint64Value
            number = (attributes[.systemFileNumber] as? NSNumber)?.uint64Value
        }
    }

    private struct File {
        let path: String
        var mark: Mark
        var list: CertificateRevocationList
        var isReadable = true

        init(_ path: String) throws {
            self.path = path
            // The mark first: what is written in between is read at the next look.
            mark = try Mark(path)
            list = try CertificateRevocationList(pem: String(contentsOfFile: path, encoding: .utf8))
        }
    }

    private let files: Mutex<[File]>

    /// Reads the files; throws when one cannot be read.
    init(_ paths: [String]) throws { files = Mutex(try paths.map { try File($0) }) }

    /// The lists as the files have them now. Of a file that cannot be read the list before counts, until it is stale.
    var current: [CertificateRevocationList] {
        files.withLock { files in
            for index in files.indices {
                let path = files[index].path
                do {
                    if try Mark(path) != files[index].mark { files[index] = try File(path) }
                    files[index].isReadable = true
                } catch {
                    files[index].isReadable = false
                }
            }
            return files.map(\.list)
        }
    }

    /// The files that could not be read at the last look.
    var unreadable: [String] { files.withLock { $0.filter { !$0.isReadable }.map(\.path) } }
}
