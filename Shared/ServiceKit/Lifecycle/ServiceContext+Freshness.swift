import Contracts
import Messaging

extension ServiceContext {
    /// Throws a problem when the copy that a consumer keeps is older than `projection.maxAge`, or of unknown age: what
    /// depends on a role that may be long gone is refused for now.
    public func requireFresh(_ consumer: String) throws {
        guard let age = projectionAges.age(of: consumer, now: time.now),
            age <= (try settings.seconds("projection.maxAge"))
        else { throw Problem.projectionStale }
    }
}
