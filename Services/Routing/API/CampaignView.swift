import Contracts
import Foundation
import Postgres
import RoutingDomain

/// The order of a campaign.
struct CampaignRequest: Decodable, Sendable {
    let purpose: String
    /// The committee that orders it.
    let organizationId: OrganizationID
    /// Parts of it; all of it where nothing is said.
    let within: [OrganizationID]?
    /// The members; without it everybody of the organisation or of its parts.
    let memberIds: [MemberID]?
    /// The last day on which the opinions are of use; the end of the year where nothing is said.
    let finishBy: String?

    /// The most parts that an order names.
    static let mostParts = 500

    /// The purpose and the last day, when everything in the order can be used.
    func checked(today: Day) throws(InvalidValue) -> (OpinionPurpose, Day) {
        guard let purpose = OpinionPurpose(rawValue: purpose) else { throw Self.wrongPurpose }
        if let memberIds {
            guard within == nil else { throw Self.bothLists }
            guard (1...OpinionCampaign.mostNamed).contains(memberIds.count) else { throw Self.wrongList }
        } else if purpose != .annual {
            throw Self.nobodyNamed
        }
        guard (1...Self.mostParts).contains(within?.count ?? 1) else { throw Self.wrongParts }
        let end = try Day(year: today.year, month: 12, day: 31)
        guard let finishBy else { return (purpose, end) }
        let day = try Day(checking: finishBy, field: "finishBy")
        guard (today...end).contains(day) else { throw Self.wrongEnd }
        return (purpose, day)
    }

    private static let wrongPurpose = InvalidValue(
        field: "purpose", rule: "campaign.purpose",
        vietnamese: "Mục đích phải là một trong: \(OpinionPurpose.allCases.map(\.rawValue).joined(separator: ", ")).",
        english: "The purpose must be one of: \(OpinionPurpose.allCases.map(\.rawValue).joined(separator: ", ")).")
    private static let nobodyNamed = InvalidValue(
        field: "memberIds", rule: "campaign.members",
        vietnamese: "Chỉ ý kiến hằng năm (annual) lấy cho mọi đảng viên; mục đích khác phải nêu danh sách.",
        english: "Only the annual opinion is asked for about everybody; for another purpose name the members.")
    private static let bothLists = InvalidValue(
        field: "within", rule: "campaign.lists", vietnamese: "Nêu tổ chức đảng (within) hoặc đảng viên (memberIds).",
        english: "Name organisations (within) or members (memberIds), not both.")
    private static let wrongList = InvalidValue(
        field: "memberIds", rule: "campaign.members.count",
        vietnamese: "Nêu từ 1 đến \(OpinionCampaign.mostNamed) đảng viên.",
        english: "Name 1 to \(OpinionCampaign.mostNamed) members.")
    private static let wrongParts = InvalidValue(
        field: "within", rule: "campaign.parts", vietnamese: "Nêu từ 1 đến \(mostParts) tổ chức đảng.",
        english: "Name 1 to \(mostParts) organisations.")
    private static let wrongEnd = InvalidValue(
        field: "finishBy", rule: "campaign.finish-by", vietnamese: "Ngày kết thúc phải từ hôm nay đến hết năm nay.",
        english: "The last day must lie between today and the end of this year.")
    static let nobody = InvalidValue(
        field: "organizationId", rule: "campaign.nobody", vietnamese: "Không có đảng viên nào để lấy ý kiến.",
        english: "There is no member to ask about.")

    static func tooMany(_ most: Int) -> InvalidValue {
        InvalidValue(
            field: "within", rule: "campaign.size",
            vietnamese: "Một đợt nhiều nhất \(most) đảng viên; hãy chia thành nhiều đợt.",
            english: "A campaign concerns at most \(most) members; order several for parts of it.")
    }

    static func memberOutside(_ index: Int) -> InvalidValue {
        InvalidValue(
            field: "memberIds[\(index)]", rule: "campaign.member-outside",
            vietnamese: "Không có đảng viên này trong tổ chức đảng ra lệnh.",
            english: "The organisation that orders has no such member.")
    }

    static func outside(_ index: Int) -> InvalidValue {
        InvalidValue(
            field: "within[\(index)]", rule: "campaign.outside",
            vietnamese: "Tổ chức đảng này không thuộc tổ chức ra lệnh.",
            english: "This organisation does not stand under the one that orders.")
    }
}

/// How far a campaign has come.
struct CampaignView: Encodable {
    enum State: String, Encodable {
        /// Cases are being made.
        case running
        /// Everybody has been dealt with.
        case created
    }

    let id: CampaignID
    let purpose: OpinionPurpose
    let year: Int
    let organizationId: OrganizationID
    let organizationName: String?
    let within: [OrganizationID]
    let orderedByMemberId: MemberID
    let orderedAt: Date
    let finishBy: Day
    let state: State
    let createdAt: Date?
    /// How many members are concerned; created, exempt and failed add up to it in the end.
    let planned: Int
    /// How many cases were opened, and how many of them are over.
    let created: Int
    let finished: Int
    let exempt: Int
    let failed: Int

    init(_ campaign: Campaign, organizationName: String?, finished: Int) {
        id = campaign.id
        purpose = campaign.rules.purpose
        year = campaign.rules.year
        organizationId = campaign.organizationId
        self.organizationName = organizationName
        within = campaign.within
        orderedByMemberId = campaign.rules.orderedByMemberId
        orderedAt = campaign.orderedAt
        finishBy = campaign.rules.finishBy
        state = campaign.createdAt == nil ? .running : .created
        createdAt = campaign.createdAt
        planned = campaign.planned
        created = campaign.created
        self.finished = finished
        exempt = campaign.exempt
        failed = campaign.failed
    }
}

struct CampaignList: Encodable {
    /// The latest first.
    let items: [CampaignView]
    /// Give it as `after` for the next page; absent on the last one.
    let next: String?
}

/// A campaign and why some members have no case.
struct CampaignDetail: Encodable {
    struct Reason: Encodable {
        let reason: String
        let text: LocalizedText
        let members: Int
    }

    let campaign: CampaignView
    let exemptBy: [Reason]
    let failedBy: [Reason]

    init(_ campaign: Campaign, _ leftOut: [PostgresRow], _ view: CampaignView) throws {
        func reasons(_ state: CampaignOutcome.State) throws -> [Reason] {
            try leftOut.filter { try $0.get("state", as: String.self) == state.rawValue }.map { row in
                let reason: String = try row.get("reason")
                return Reason(reason: reason, text: CampaignWords.text(of: reason), members: try row.get("n"))
            }
        }
        self.campaign = view
        exemptBy = try reasons(.exempt)
        failedBy = try reasons(.failed)
    }
}

/// Members without a case.
struct CampaignMemberList: Encodable {
    struct Item: Encodable {
        let ordinal: Int32
        let memberId: MemberID
        let memberName: String?
        let reason: String
        let text: LocalizedText

        init(_ row: PostgresRow) throws {
            ordinal = try row.get("ordinal")
            memberId = try row.get("member_id")
            memberName = try row.get("name")
            reason = try row.get("reason")
            text = CampaignWords.text(of: reason)
        }
    }

    let items: [Item]
    let next: String?
}

/// Why a member has no case, as people read it.
enum CampaignWords {
    static func text(of reason: String) -> LocalizedText {
        switch reason {
        case "exempt-from-introduction":
            LocalizedText(
                vietnamese: "Miễn giới thiệu về nơi cư trú.", english: "Exempt from introduction to the residence.")
        case "exempt-from-residence-activity":
            LocalizedText(
                vietnamese: "Miễn sinh hoạt nơi cư trú, không lấy ý kiến hằng năm.",
                english: "Exempt from activity at the residence: no annual opinion.")
        case "membership-state":
            LocalizedText(
                vietnamese: "Đang chuyển sinh hoạt, bị đình chỉ hoặc không còn là đảng viên.",
                english: "In transit, suspended, or no member any more.")
        case "own-cell":
            LocalizedText(
                vietnamese: "Sinh hoạt ngay tại chi bộ nơi cư trú.", english: "Belongs to the cell of the residence.")
        case "asked-already":
            LocalizedText(
                vietnamese: "Đã được lấy ý kiến trong đợt khác của năm.",
                english: "Another campaign of the year asks already.")
        case "member-unknown":
            LocalizedText(
                vietnamese: "Không còn dữ liệu đảng viên.", english: "The directory does not know him any more.")
        case "organization-unknown":
            LocalizedText(
                vietnamese: "Thiếu dữ liệu về chi bộ hoặc cấp trên của chi bộ.",
                english: "The directory lacks a cell or a committee above it.")
        default: LocalizedText(vietnamese: "Không mở được hồ sơ.", english: "The case could not be opened.")
        }
    }
}
