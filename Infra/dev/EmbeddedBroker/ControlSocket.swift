import Foundation

/// A Unix socket that answers lines; each connection has a thread of its own.
struct ControlSocket {
    private let path: String

    /// Listens from now on.
    ///
    /// - Throws: `ControlSocketError` when the path cannot be had.
    init(path: String, desk: FaultDesk) throws {
        self.path = path
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw ControlSocketError(description: "\(path) is too long for a socket; choose a shorter --state-dir")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        // What a killed process left; two brokers do not meet here, for the second found its port taken.
        unlink(path)
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard listener >= 0, bound == 0, chmod(path, 0o600) == 0, listen(listener, 16) == 0 else {
            throw ControlSocketError(description: "\(path): \(String(cString: strerror(errno)))")
        }
        Thread.detachNewThread { Self.accept(on: listener, desk: desk) }
    }

    /// Takes its name away.
    func remove() {
        unlink(path)
    }

    private static func accept(on listener: Int32, desk: FaultDesk) {
        while true {
            let connection = Glibc.accept(listener, nil, nil)
            guard connection >= 0 else {
                if errno == EINTR || errno == ECONNABORTED { continue }
                return
            }
            Thread.detachNewThread { converse(over: connection, desk: desk) }
        }
    }

    private static func converse(over connection: Int32, desk: FaultDesk) {
        guard let stream = fdopen(connection, "r") else {
            close(connection)
            return
        }
        defer { fclose(stream) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        while getline(&line, &capacity, stream) > 0, let line {
            let answer = Array(desk.answer(String(cString: line)).utf8)
            guard send(connection, answer, answer.count, Int32(MSG_NOSIGNAL)) == answer.count else { return }
        }
    }
}

/// The control socket cannot be made.
struct ControlSocketError: Error, CustomStringConvertible {
    let description: String
}
