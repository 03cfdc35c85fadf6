import Contracts
import Foundation
import Testing

@testable import RoutingDomain

@Suite("Whom a campaign asks about, and where")
struct OpinionCampaignTests {
    private let ids = SequentialIDSource(seed: 5)

    private func campaign(_ purpose: OpinionPurpose = .annual) throws -> OpinionCampaign {
        OpinionCampaign(
            id: ids.next(at: Country.morning), purpose: purpose, year: 2026, finishBy: try Day("2026-12-31"),
            orderedByMemberId: ids.next(at: Country.morning))
    }

    private func member(
        _ state: MembershipState = .official, cell: OrganizationID, residence: OrganizationID?,
        links: [MemberState.ResidenceLink]? = nil
    ) throws -> MemberState {
        MemberState(
            memberId: ids.next(at: Country.morning), fullName: "Đảng viên Mẫu", state: state, cellId: cell,
            residenceCellId: residence, joinedOn: try Day("2015-05-19"),
            channels: .init(consent: .init(email: false, sms: false, push: false)), residenceLinks: links)
    }

    private func omission(of member: MemberState) throws -> OpinionCampaign.Omission? {
        try campaign().omission(
            of: member, Applicant(fullName: "", joinedOn: member.joinedOn, residenceCellId: member.residenceCellId))
    }

    @Test("nothing is begun while a membership is suspended, on its way or over", arguments: MembershipState.allCases)
    func states(_ state: MembershipState) throws {
        let one = try member(
            state, cell: ids.next(at: Country.morning), residence: ids.next(at: Country.morning))
        let rests = state.isEnd || state == .suspended || state == .inTransit
        #expect(try omission(of: one) == (rests ? .state : nil))
    }

    @Test(
        "who is exempt from activity at the residence gets no annual opinion, but every other",
        arguments: OpinionPurpose.allCases)
    func purposes(_ purpose: OpinionPurpose) throws {
        let one = try member(cell: ids.next(at: Country.morning), residence: ids.next(at: Country.morning))
        let exempt = Applicant(fullName: "", joinedOn: one.joinedOn, exemptFromResidenceActivity: true)
        let omission = try campaign(purpose).omission(of: one, exempt)
        #expect(omission == (purpose == .annual ? .exempt(.residenceActivity) : nil))
        #expect(try campaign(purpose).form(for: one)["purpose"] == .string(purpose.rawValue))
    }

    @Test("the cells that had accepted the member within the year are asked, his own cell is not")
    func cells() throws {
        func cell() -> OrganizationID { ids.next(at: Country.morning) }
        let (own, present, left, long, neverTook) = (cell(), cell(), cell(), cell(), cell())
        let links: [MemberState.ResidenceLink] = [
            .init(cellId: long, state: .ended, acceptedOn: try Day("2019-01-01"), endedOn: try Day("2025-12-31")),
            .init(cellId: left, state: .ended, acceptedOn: try Day("2020-01-01"), endedOn: try Day("2026-01-01")),
            .init(
                cellId: neverTook, state: .ended, introducedOn: try Day("2026-02-01"), endedOn: try Day("2026-03-01")),
            .init(cellId: present, state: .accepted, acceptedOn: try Day("2026-03-02")),
        ]
        let one = try member(cell: own, residence: present, links: links)
        #expect(try campaign().asked(for: one) == [present, left])
        let home = try member(cell: own, residence: own)
        #expect(try omission(of: home) == .ownCell)
        let back = try member(
            cell: own, residence: own,
            links: [
                .init(cellId: left, state: .ended, acceptedOn: try Day("2020-01-01"), endedOn: try Day("2026-06-30")),
                .init(cellId: own, state: .accepted, acceptedOn: try Day("2026-07-01")),
            ])
        #expect(try omission(of: back) == nil)
        #expect(try campaign().form(for: back)["residenceCellIds"] == .array([.string("\(left)")]))
        let nowhere = try member(cell: own, residence: nil)
        #expect(try omission(of: nowhere) == nil)
        #expect(try campaign().form(for: nowhere)["residenceCellIds"] == nil)
    }
}
