import Contracts
import Logging
import Synchronization

/// Holds sending and reading back until the service's own topics are there, and every one that is has the shape of the
/// catalogue.
///
/// A producer or consumer of a topic that is not there might make it with the broker's own idea of its shape.
final class TopicWait: Sendable {
    private let provisioner: TopicProvisioner
    private let own: [Topic]
    private let read: [Topic]
    private let logger: Logger
    private let lastMissing = Mutex<[String]>([])
    private let told = Mutex<[String]>([])
    /// Brokers learn of a topic a moment after it was created.
    private let patience: Duration = .seconds(3)

    init(provisioner: TopicProvisioner, own: [Topic], read: [Topic], logger: Logger) {
        self.provisioner = provisioner
        self.own = own
        self.read = read
        self.logger = logger
    }

    /// The service's own topics that were missing when the broker was last asked.
    var missing: [String] { lastMissing.withLock { $0 } }

    /// Returns once the broker is there with the service's own topics, which its `migrate` creates; what it only reads
    /// may come later.
    /// - Throws: ``MessagingError/partitionCount(topic:expected:found:)``: a reason not to run at all.
    func wait() async throws {
        let begun = ContinuousClock.now
        while try await !look(since: begun) { try await Task.sleep(for: .milliseconds(500)) }
    }

    /// Looks once; answers whether all of the service's own topics are there.
    /// - Parameter begun: since when they are waited for.
    func look(since begun: ContinuousClock.Instant) async throws -> Bool {
        try Task.checkCancellation()
        do {
            let found = try await provisioner.check(own + read)
            note(own.map(\.name).filter { !found.contains($0) }, isNews: ContinuousClock.now - begun > patience)
            return missing.isEmpty
        } catch let error as MessagingError {
            throw error
        } catch {
            logger.debug("topics not seen yet", metadata: ["error": "\(error)"])
            return false
        }
    }

    private func note(_ names: [String], isNews: Bool) {
        lastMissing.withLock { $0 = names }
        let isTold = told.withLock { told in
            guard isNews, !names.isEmpty, told != names else { return true }
            told = names
            return false
        }
        guard !isTold else { return }
        logger.error(
            "topics are missing: `migrate` creates them; nothing is sent or read before",
            metadata: ["topics": "\(names.joined(separator: ", "))"])
    }
}
