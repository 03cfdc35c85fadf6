import Foundation
import Glibc
import Subprocess
import Synchronization
import SystemPackage

/// The commands of PostgreSQL that a private server needs, run as a user that may run them.
enum ServerCommand {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private static let programs = "/usr/lib/postgresql/15/bin"

    /// PostgreSQL refuses to run as root; then it runs as its own user, or as nobody.
    private static let unprivileged: String? = {
        guard getuid() == 0 else { return nil }
        return getpwnam("postgres") != nil ? "postgres" : "nobody"
    }()

    static func prepare(directory: String, disk: Int?) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        if let disk { try SmallDisk.mount(directory, megabytes: disk) }
        if let unprivileged, let user = getpwnam(unprivileged) {
            guard chown(directory, user.pointee.pw_uid, user.pointee.pw_gid) == 0 else {
                throw Failure(description: "cannot give \(directory) to \(unprivileged)")
            }
        }
    }

    static func initialize(directory: String, port: UInt16) async throws {
        try await run([
            "\(programs)/initdb", "-D", "\(directory)/data", "-U", "postgres", "-A", "trust", "-E", "UTF8",
            "--locale=C", "--no-sync", "--no-instructions",
        ])
        let settings = """

            port = \(port)
            listen_addresses = '127.0.0.1'
            unix_socket_directories = '\(directory)'
            max_connections = 200
            max_prepared_transactions = 4
            shared_buffers = '32MB'
            # Only here: nobody wants this data after the test. A killed server keeps its commits all the same, since
            # they have reached the kernel; only a machine that loses power would lose them.
            fsync = off
            full_page_writes = off

            """
        let path = "\(directory)/data/postgresql.conf"
        guard let file = FileHandle(forWritingAtPath: path) else { throw Failure(description: "no \(path)") }
        try file.seekToEnd()
        try file.write(contentsOf: Data(settings.utf8))
        try file.close()
    }

    static func start(directory: String) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            do {
                return try await run([
                    "\(programs)/pg_ctl", "-D", "\(directory)/data", "-l", "\(directory)/log", "-w", "-s", "start",
                ])
            } catch {
                // After a SIGKILL the last of the old processes may still hold the shared memory for a moment.
                guard ContinuousClock.now < deadline else { throw error }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    static func stop(directory: String, immediate: Bool) async throws {
        try await run([
            "\(programs)/pg_ctl", "-D", "\(directory)/data", "-w", "-s", "-m", immediate ? "immediate" : "fast", "stop",
        ])
    }

    static func processID(directory: String) throws -> pid_t {
        let text = try String(contentsOfFile: "\(directory)/data/postmaster.pid", encoding: .utf8)
        guard let line = text.split(separator: "\n").first, let process = pid_t(line) else {
            throw Failure(description: "the server is not running")
        }
        return process
    }

    static func children(of parent: pid_t) -> [pid_t] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap { pid_t($0) }.filter { process in
            guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
                let afterName = status.lastIndex(of: ")")
            else { return false }
            let fields = status[status.index(after: afterName)...].split(separator: " ")
            return fields.count > 1 && pid_t(fields[1]) == parent
        }
    }

    /// Starts the shell that ends the server when this process is gone; the answer is the end of its input to hold.
    static func startWatchdog(directory: String) async throws -> FileDescriptor {
        var ends: [Int32] = [0, 0]
        // A pair of sockets, as Swift's Glibc has no pipe2: no other child may inherit our end.
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw Failure(description: "no pair of sockets") }
        let (theirs, ours) = (FileDescriptor(rawValue: ends[0]), FileDescriptor(rawValue: ends[1]))
        let script = """
            read -r nothing
            # More than once: a start may be under way at this moment.
            for attempt in 1 2 3 4 5 6 7 8 9 10; do
                pid=$(head -n 1 "$0/data/postmaster.pid" 2>/dev/null)
                if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then
                    kill -CONT "$pid" $(cat "/proc/$pid/task/$pid/children" 2>/dev/null) 2>/dev/null
                    kill -QUIT "$pid" 2>/dev/null
                    while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
                fi
                umount "$0" 2>/dev/null
                rm -rf "$0" && ! [ -e "$0" ] && sleep 0.2 && ! [ -e "$0" ] && break
                sleep 0.2
            done
            """
        var options = PlatformOptions()
        // A group of its own keeps a Ctrl-C at the test from taking the watchdog first.
        options.processGroupID = 0
        try await withCheckedThrowingContinuation { (started: CheckedContinuation<Void, any Error>) in
            Task.detached { [options] in
                let isStarted = Atomic(false)
                do {
                    _ = try await Subprocess.run(
                        .path("/bin/sh"), arguments: ["-c", script, directory], environment: environment,
                        platformOptions: options, input: .fileDescriptor(theirs, closeAfterSpawningProcess: true),
                        output: .discarded, error: .discarded
                    ) { _ in
                        isStarted.store(true, ordering: .relaxed)
                        started.resume()
                    }
                } catch  where !isStarted.load(ordering: .relaxed) {
                    started.resume(throwing: error)
                }
            }
        }
        return ours
    }

    private static let environment = Environment.custom(["PATH": "/usr/bin:/bin", "LC_ALL": "C"])

    /// Runs a command to its end. A child inherits no descriptor: a server would hold open whatever a test has.
    private static func run(_ command: [String]) async throws {
        let user = unprivileged.map { ["/usr/bin/setpriv", "--reuid=\($0)", "--regid=\($0)", "--clear-groups"] } ?? []
        let words = user + command
        let ended = try await Subprocess.run(
            .path(FilePath(words[0])), arguments: Arguments(Array(words.dropFirst())), environment: environment,
            output: .discarded)
        guard ended.terminationStatus.isSuccess else {
            throw Failure(description: "\(command[0]): \(ended.terminationStatus)")
        }
    }
}

/// A port on 127.0.0.1 that nobody listens on at this moment.
public func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw ServerCommand.Failure(description: "no socket") }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
            bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
        }
    }
    guard status else { throw ServerCommand.Failure(description: "no free port") }
    return UInt16(bigEndian: address.sin_port)
}
