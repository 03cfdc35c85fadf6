import Contracts
import Foundation
import Logging
import Messaging
import Metrics
import Postgres
import RoutingDomain
import ServiceKit

/// Makes the cases of campaigns, in sets: each set is one transaction with its cases, their places, their history, their
/// events and what became of each member.
///
/// A process that dies leaves a set undone, never half done: its members are still planned and are found by the next
/// round of whichever process. Several processes share the work, a member that one holds being skipped by the others.
struct CampaignWork: Sendable {
    let desk: CaseDesk

    /// How many members share a transaction.
    static let page = 500
    /// How many sets a process works on at once: one is computed here while the database writes the other.
    static let lanes = 2

    private var kit: ServiceContext { desk.kit }

    /// Everything that was ordered.
    func run() async throws {
        while let campaign = try await CampaignStore.atWork(in: kit.pool) {
            // A copy of the directory that is being filled again lacks members, cells and officers.
            guard (try? desk.requireFreshRoles()) != nil else { return }
            guard try await work(on: campaign) else { return }
        }
    }

    /// All members of a campaign; whether nobody is left.
    private func work(on campaign: Campaign) async throws -> Bool {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.lanes { group.addTask { try await lane(campaign) } }
            try await group.waitForAll()
        }
        return try await kit.pool.transaction { transaction in
            guard try await CampaignRows.finish(campaign.id, at: kit.time.now, in: transaction) else { return false }
            try await kit.audit.record(
                "campaign.created", subject: "\(campaign.id)", actor: "service:\(kit.service.rawValue)",
                in: transaction)
            transaction.afterCommit { [kit] in
                kit.logger.notice("the cases of a campaign are made", metadata: ["campaign": "\(campaign.id)"])
            }
            return true
        }
    }

    private func lane(_ campaign: Campaign) async throws {
        var mark: Int32 = 0
        while true {
            try Task.checkCancellation()
            try desk.requireFreshRoles()
            if let last = try await step(campaign, after: mark) {
                mark = last
            } else if mark == 0 {
                return
            } else {
                // Once more from the beginning: for those whom a process that died had held.
                mark = 0
            }
        }
    }

    /// One set; answers the last member of it, nil when there was none.
    func step(_ campaign: Campaign, after mark: Int32 = 0) async throws -> Int32? {
        try await kit.pool.transaction(TransactionOptions(attempts: 3)) { transaction in
            let planned = try await CampaignRows.claim(campaign.id, after: mark, limit: Self.page, in: transaction)
            guard let last = planned.last else { return nil }
            let outcomes = try await desk.cases.open(planned, of: campaign, kit, in: transaction)
            try CampaignRows.keep(outcomes, of: campaign.id, in: transaction)
            transaction.afterCommit {
                for (state, group) in Dictionary(grouping: outcomes, by: \.state) {
                    Counter(label: "routing.campaign.members", dimensions: [("outcome", state.rawValue)])
                        .increment(by: group.count)
                }
            }
            return last.ordinal
        }
    }
}
