import Foundation
import Glibc

/// A TCP proxy on 127.0.0.1 that can misbehave: cut, freeze, delay, and drop after a number of bytes.
public final class TCPProxy: Sendable {
    public enum Direction: Sendable, CaseIterable { case toServer, toClient }

    private struct State {
        var sockets: Set<Int32> = []
        var isFrozen = false
        var isRefusing = false
        var delay: Duration = .zero
        /// Bytes that may still pass before the connection is cut.
        var allowance: [Direction: Int] = [:]
        var isClosed = false
        var cuts = 0
        var passed: [Direction: Int] = [:]
    }

    private let state = Locked(State())
    /// The port to connect to.
    public let port: UInt16
    private let upstream: UInt16
    private let listener: Int32

    /// Starts to forward a free port to a port on 127.0.0.1.
    public init(to upstream: UInt16) throws {
        self.upstream = upstream
        port = try freePort()
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var on: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        guard withLoopback(port, { bind(listener, $0, $1) }) == 0, listen(listener, 64) == 0 else {
            Glibc.close(listener)
            throw ServerCommand.Failure(description: "the proxy cannot listen on \(port)")
        }
        let weakly = Weak(self)
        Thread.detachNewThread { [listener] in Self.accept(listener, weakly) }
    }

    deinit { close() }

    /// How many connections the proxy has cut because of its rules.
    public var cuts: Int { state.withLock { $0.cuts } }

    /// How many bytes have passed in a direction.
    public func passed(_ direction: Direction) -> Int { state.withLock { $0.passed[direction] ?? 0 } }

    /// Cuts all connections now; new ones are served.
    public func cut() {
        state.withLock { state in
            state.cuts += state.sockets.isEmpty ? 0 : 1
            for socket in state.sockets { shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }

    /// Stops forwarding while connections stay open.
    public func freeze() { state.withLock { $0.isFrozen = true } }
    public func thaw() { state.withLock { $0.isFrozen = false } }

    /// Closes new connections at once.
    public func refuse(_ refuses: Bool = true) { state.withLock { $0.isRefusing = refuses } }

    /// Holds every piece back for so long.
    public func delay(_ delay: Duration) { state.withLock { $0.delay = delay } }

    /// Lets so many bytes more pass in a direction, then drops the rest and cuts the connection; nil lifts it.
    public func limit(_ direction: Direction, after bytes: Int?) {
        state.withLock { $0.allowance[direction] = bytes }
    }

    /// Ends the proxy and its connections.
    public func close() {
        let isFirst = state.withLock { state in
            defer { state.isClosed = true }
            for socket in state.sockets { shutdown(socket, Int32(SHUT_RDWR)) }
            return !state.isClosed
        }
        if isFirst { shutdown(listener, Int32(SHUT_RDWR)) }
    }

    // MARK: Threads

    private final class Weak: Sendable {
        private let reference: Locked<WeakProxy>
        private struct WeakProxy { weak var proxy: TCPProxy? }
        init(_ proxy: TCPProxy) { reference = Locked(WeakProxy(proxy: proxy)) }
        var proxy: TCPProxy? { reference.withLock { $0.proxy } }
    }

    private static func accept(_ listener: Int32, _ weakly: Weak) {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0, let proxy = weakly.proxy else { break }
            if proxy.state.withLock({ $0.isRefusing || $0.isClosed }) {
                Glibc.close(client)
                continue
            }
            Thread.detachNewThread { [upstream = proxy.upstream] in serve(client, upstream, weakly) }
        }
        Glibc.close(listener)
    }

    private static func serve(_ client: Int32, _ upstream: UInt16, _ weakly: Weak) {
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer {
            weakly.proxy?.state.withLock { $0.sockets.subtract([client, server]) }
            Glibc.close(client)
            Glibc.close(server)
        }
        guard withLoopback(upstream, { connect(server, $0, $1) }) == 0 else { return }
        var on: Int32 = 1
        for socket in [client, server] {
            setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        weakly.proxy?.state.withLock { $0.sockets.formUnion([client, server]) }
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while let proxy = weakly.proxy {
            if proxy.state.withLock({ $0.isFrozen }) {
                usleep(2000)
                continue
            }
            var descriptors = [
                pollfd(fd: client, events: Int16(POLLIN), revents: 0),
                pollfd(fd: server, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&descriptors, 2, 20) > 0 else { continue }
            if proxy.state.withLock({ $0.isFrozen }) { continue }
            if descriptors[0].revents != 0, !proxy.pass(client, server, .toServer, &buffer) { return }
            if descriptors[1].revents != 0, !proxy.pass(server, client, .toClient, &buffer) { return }
        }
    }

    /// Forwards one piece; false when the connection is over.
    private func pass(_ source: Int32, _ target: Int32, _ direction: Direction, _ buffer: inout [UInt8]) -> Bool {
        let count = recv(source, &buffer, buffer.count, 0)
        guard count > 0 else { return false }
        let (allowed, delay) = state.withLock { state -> (Int, Duration) in
            let left = state.allowance[direction] ?? .max
            if left != .max { state.allowance[direction] = max(0, left - count) }
            if left < count { state.cuts += 1 }
            state.passed[direction, default: 0] += min(left, count)
            return (min(left, count), state.delay)
        }
        if delay > .zero { usleep(UInt32(delay / .microseconds(1))) }
        var sent = 0
        while sent < allowed {
            let part = buffer.withUnsafeBytes {
                send(target, $0.baseAddress.map { $0 + sent }, allowed - sent, Int32(MSG_NOSIGNAL))
            }
            guard part > 0 else { return false }
            sent += part
        }
        return allowed == count
    }
}

private func withLoopback(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}
