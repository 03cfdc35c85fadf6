import Contracts
import Messaging
import Postgres
import Projections
import ServiceKit

/// What Routing asks to be signed: each request becomes one job.
enum RequestConsumer {
    static func definition(_ directory: DirectoryProjection, wakeUp: WakeUp) -> ConsumerDefinition {
        ConsumerDefinition(name: "signing.requests", topics: [TopicCatalogue.cases], kind: .effects)
            .on(CaseResultRequested.self) { message, scope in
                let request = message.payload
                guard try await directory.organization(request.issuingOrganizationId, in: scope.transaction) != nil
                else { throw NotYet("organization:\(request.issuingOrganizationId)") }
                let isNew = try await JobStore.add(
                    request, traceparent: message.traceparent, now: scope.now, in: scope.transaction)
                if isNew { scope.transaction.afterCommit { wakeUp.call() } }
            }
    }
}
