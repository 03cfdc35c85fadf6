import Contracts
import MockBroker

/// Carries out what comes over the control socket.
struct FaultDesk: Sendable {
    let cluster: MockCluster

    /// The answer to one line: what was asked for, then `ok`, or `error` with the reason.
    func answer(_ line: String) -> String {
        do {
            return try carryOut(FaultCommand(line)) + "ok\n"
        } catch let error as FaultCommand.Unreadable {
            return "error expected \(error.expected)\n"
        } catch {
            return "error \(error)\n"
        }
    }

    private func carryOut(_ command: FaultCommand) throws -> String {
        switch command {
        case .help: return FaultCommand.manual + "\n"
        case .topics: return TopicCatalogue.all.map { "\($0.name) \($0.partitions)\n" }.joined()
        case .failNext(let request, let codes): cluster.failNext(request, with: codes)
        case .clearFailures(let request): cluster.clearFailures(of: request)
        case .topicError(let topic, let code): cluster.setError(code, ofTopic: topic)
        case .stopBroker(let id): try cluster.stopBroker(id)
        case .startBroker(let id): try cluster.startBroker(id)
        case .roundTrip(let milliseconds, let id): try cluster.setRoundTrip(milliseconds, broker: id)
        case .leader(let topic, let partition, let id): try cluster.setLeader(topic, partition, broker: id)
        case .coordinator(let group, let id): try cluster.setCoordinator(group: group, broker: id)
        }
        return ""
    }
}
