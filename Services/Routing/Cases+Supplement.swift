import Contracts
import Foundation
import Messaging
import Postgres
import Projections
import RoutingDomain

extension Cases {
    /// Takes a supplement into its case: the turn that waits for it goes on, and its thread says that it came.
    ///
    /// One that nobody waits for any more (somebody acted, or asked for more) is noted and told in the thread; the case
    /// stays as it is. One of a case that is over is noted. A repeat, also under another event id, changes nothing.
    ///
    /// - Throws: `NotYet` while the case is not as far as the request, or the applicant is unknown here.
    func supplement(_ event: DossierSupplemented, in scope: MessageScope) async throws {
        let transaction = scope.transaction
        // A dossier of a procedure that does not run here has no case, which is no fault.
        guard let before = try await CaseStore.lock(event.dossierId, in: transaction)?.running else { return }
        guard before.version >= event.requestSequence else {
            throw NotYet("case:\(event.dossierId)@\(event.requestSequence)")
        }
        guard let author = try await reader.directory.member(event.byMemberId, in: transaction) else {
            throw NotYet("member:\(event.byMemberId)")
        }
        let newest = try await SupplementLog.newestRequest(of: event.dossierId, in: transaction)
        let standing = SupplementStanding(event, of: before, newestRequest: newest)
        guard
            try await SupplementLog.note(event, awaited: standing == .awaited, at: scope.now, in: transaction)
        else { return }
        do {
            if standing == .awaited {
                _ = try await apply(
                    .supplemented(form: event.form), to: event.dossierId, actor: "\(event.byMemberId)",
                    now: scope.now, in: transaction, publisher: scope)
            }
            try await tell(of: event, standing, by: Officer(author), scope)
        } catch let refusal as Refusal {
            throw Unprocessable("supplement: \(refusal.rule)")
        }
    }

    private func tell(
        of event: DossierSupplemented, _ standing: SupplementStanding, by author: Officer, _ scope: MessageScope
    ) async throws {
        guard let running = try await CaseStore.read(event.dossierId, in: scope.transaction), running.finishedAt == nil
        else { return }
        let (change, message) = try CaseThread.post(
            CaseMessage(
                id: scope.context.ids.next(), author: author, organizationId: nil, text: standing.text(of: event)),
            to: running, at: scope.now)
        try await MessageStore.insert(message, to: event.dossierId, at: scope.now, in: scope.transaction)
        let around = try await circumstances(of: running, now: scope.now, in: scope.transaction)
        try keep(
            change, of: running, around, actor: "\(event.byMemberId)", in: scope.transaction, publisher: scope)
    }
}
