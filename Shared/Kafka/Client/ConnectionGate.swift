import CRdKafka
import Glibc

/// Decides each time a client is about to open a connection whether it may.
///
/// A lost connection is the moment at which another cluster can take the place behind an address: a broker that was lost
/// and comes back empty. librdkafka would go on there with whatever it has queued and with the offsets it was reading.
/// A client behind a gate connects only where it knows what answers; refused, it tries again as after any failed
/// connection.
public struct ConnectionGate: Sendable {
    let isOpen: @Sendable () -> Bool

    /// - Parameter isOpen: called on a thread of librdkafka that holds a lock of its broker: it may take a second, and
    ///   must not use the client behind the gate.
    public init(isOpen: @escaping @Sendable () -> Bool) { self.isOpen = isOpen }
}

extension KafkaAdmin {
    /// Open while the cluster that answers is `clusterID`, asked anew before each connection; closed when none answers.
    public func gate(to clusterID: String, timeout: Duration = .seconds(1)) -> ConnectionGate {
        ConnectionGate { [handle] in (try? handle.askClusterID(timeout: timeout)) == clusterID }
    }
}

/// Called by the broker threads of a client, with an address that lives as long as the call.
func connectCallback(
    _ socket: Int32, _ address: UnsafePointer<sockaddr>?, _ length: Int32, _ broker: UnsafePointer<CChar>?,
    _ opaque: UnsafeMutableRawPointer?
) -> Int32 {
    guard let address, let context = CallbackContext.at(opaque), context.gate?.isOpen() ?? true else {
        return ECONNREFUSED
    }
    // The socket does not block: librdkafka waits for the connection itself.
    guard connect(socket, address, socklen_t(length)) != 0, errno != EINPROGRESS else { return 0 }
    return errno
}
