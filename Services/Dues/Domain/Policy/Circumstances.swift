public import Contracts

/// What is known of a member's living in a month, from which the one category follows.
public struct Circumstances: Hashable, Sendable {
    /// In compulsory social insurance (BHXH bắt buộc).
    public var insured = false
    /// Off work for sickness or maternity, paid by the insurance.
    public var paidByInsurance = false
    /// Off work for another reason: counts as not insured.
    public var offWorkUnpaid = false
    public var pensioner = false
    public var student = false
    /// On a mission abroad, a spouse there, or a state-funded student abroad.
    public var onMissionAbroad = false
    public var abroad = false
    public var atRetirementAge = false

    public init() {}

    /// Every category that fits.
    public var candidates: Set<DuesCategory> {
        var fitting: Set<DuesCategory> = []
        if onMissionAbroad { fitting.insert(.missionAbroad) }
        if abroad { fitting.insert(.abroad) }
        if paidByInsurance { fitting.insert(.insuranceBenefit) }
        if insured && !offWorkUnpaid { fitting.insert(.insured) }
        if pensioner { fitting.insert(.pensioner) }
        if student { fitting.insert(.student) }
        fitting.insert(atRetirementAge ? .uninsuredRetirementAge : .uninsuredWorkingAge)
        return fitting
    }
}
