/// The states of a membership.
public enum MembershipState: String, Codable, Hashable, Sendable, CaseIterable {
    /// Dự bị.
    case probationary
    /// Chính thức.
    case official
    /// Between two organisations during an official transfer.
    case inTransit = "in-transit"
    /// Sinh hoạt tạm thời nơi khác.
    case temporarilyElsewhere = "temporarily-elsewhere"
    /// Miễn sinh hoạt: dues are still owed.
    case exemptFromActivity = "exempt-from-activity"
    /// Tạm miễn sinh hoạt.
    case temporarilyExcused = "temporarily-excused"
    /// Đình chỉ sinh hoạt.
    case suspended
    /// Từ trần.
    case deceased
    /// Khai trừ.
    case expelled
    /// Xoá tên.
    case struckOff = "struck-off"
    /// Xin ra khỏi Đảng.
    case resigned
    /// Huỷ công nhận đảng viên dự bị.
    case probationCancelled = "probation-cancelled"

    /// Whether the membership is over, unless a decision reverses it.
    public var isEnd: Bool {
        switch self {
        case .deceased, .expelled, .struckOff, .resigned, .probationCancelled: true
        case .probationary, .official, .inTransit, .temporarilyElsewhere, .exemptFromActivity, .temporarilyExcused,
            .suspended:
            false
        }
    }
}

/// The rows of the table of monthly dues (regulation 01-QĐ/TW of 2026).
public enum DuesCategory: String, Codable, Hashable, Sendable, CaseIterable {
    /// In compulsory social insurance.
    case insured
    /// Off work, paid by the insurance.
    case insuranceBenefit = "insurance-benefit"
    case pensioner
    /// Pupil or student.
    case student
    /// Neither insured nor pensioned, below retirement age.
    case uninsuredWorkingAge = "uninsured-working-age"
    /// Neither insured nor pensioned, at or above retirement age.
    case uninsuredRetirementAge = "uninsured-retirement-age"
    /// On a mission abroad, a spouse there, or a state-funded student abroad.
    case missionAbroad = "mission-abroad"
    /// Others abroad.
    case abroad
}

/// What a figure that an authority reports of a member's month is.
public enum DuesFigureKind: String, Codable, Hashable, Sendable, CaseIterable {
    /// The salary that the compulsory insurance is paid on.
    case salary = "insurance-salary"
    /// What the insurance pays to somebody off work.
    case benefit = "insurance-benefit"
    case pension
}

extension DuesCategory {
    /// The figure that the dues of the category are a share of, where an authority reports it.
    public var figureKind: DuesFigureKind? {
        switch self {
        case .insured: .salary
        case .insuranceBenefit: .benefit
        case .pensioner: .pension
        case .student, .uninsuredWorkingAge, .uninsuredRetirementAge, .missionAbroad, .abroad: nil
        }
    }
}

/// Where the figure that dues are computed from comes from.
public enum DuesBaseSource: String, Codable, Hashable, Sendable, CaseIterable {
    /// Vietnam Social Security.
    case socialInsurance = "social-insurance"
    case pensionList = "pension-list"
    /// The list of people with merit (người có công).
    case meritList = "merit-list"
    /// Stated by the member to the cell, with proof.
    case memberStatement = "member-statement"
    /// Fixed by the body, for members abroad.
    case fixedByBody = "fixed-by-body"
}

/// The states of a member's account on the portal.
public enum AccountState: String, Codable, Hashable, Sendable, CaseIterable {
    /// Given out, not used yet.
    case issued
    case active
    /// Nothing can be entered under it for now, for example after its owner reported misuse.
    case locked
    /// Over; a new one can be issued.
    case revoked
}

/// How far the link of a member to the cell of his residence has come.
public enum ResidenceLinkState: String, Codable, Hashable, Sendable, CaseIterable {
    /// The cell that he belongs to introduced him.
    case introduced
    /// The cell of his residence took him.
    case accepted
    case ended
}
