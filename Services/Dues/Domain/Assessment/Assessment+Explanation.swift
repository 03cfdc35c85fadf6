public import Contracts

/// One sentence of how an amount came about.
public struct ExplanationStep: Hashable, Sendable, Codable {
    /// The stable name of the rule.
    public let rule: String
    /// What a member reads.
    public let text: LocalizedText

    init(_ rule: String, _ vietnamese: String, _ english: String) {
        self.rule = rule
        text = LocalizedText(vietnamese: vietnamese, english: english)
    }
}

extension Assessment {
    /// How the amount came about, in the order of the computation.
    public var explanation: [ExplanationStep] {
        var steps = [category.map(categoryStep) ?? noCategory]
        if let rate { steps.append(rateStep(rate)) }
        if let base { steps.append(figureStep(base)) }
        if let reduction, reduction.value > 0 { steps.append(reliefStep(reduction)) }
        if let voluntary { steps.append(voluntaryStep(voluntary)) }
        if reason == .contradictoryFigure { steps.append(contradiction) }
        if provisional { steps.append(provisionalStep) }
        steps.append(
            ExplanationStep(
                "amount", "Phải đóng tháng \(month): \(amount).", "Owed for \(month): \(amount)."))
        return steps
    }

    private var noCategory: ExplanationStep {
        ExplanationStep("no-category", "Chưa xác định đối tượng đóng.", "The category is not known yet.")
    }

    private func categoryStep(_ category: DuesCategory) -> ExplanationStep {
        let (vietnamese, english) = category.names
        return ExplanationStep(
            "category", "Đối tượng: \(vietnamese) (\(policy)).", "Category: \(english) (\(policy)).")
    }

    private func rateStep(_ rate: DuesRate) -> ExplanationStep {
        switch rate {
        case .fixed(let amount):
            return ExplanationStep("fixed", "Mức cố định \(amount).", "A fixed amount of \(amount).")
        case .shareOfMinimum(let share):
            let minimum = self.minimum ?? .zero
            return ExplanationStep(
                "share-of-minimum", "\(share.percent) của lương tối thiểu vùng \(minimum) là \(fullAmount).",
                "\(share.percent) of the regional minimum wage of \(minimum) is \(fullAmount).")
        case .shareOfBase(let share, _):
            guard let base else { return noFigure }
            let of = base.month.map { (" tháng \($0)", " of \($0)") } ?? ("", "")
            return ExplanationStep(
                "share-of-base", "\(share.percent) của \(base.amount)\(of.0) là \(fullAmount).",
                "\(share.percent) of \(base.amount)\(of.1) is \(fullAmount).")
        case .fixedByBody(let bounds):
            guard base != nil else { return noFigure }
            return ExplanationStep(
                "fixed-by-body",
                "Mức do cấp uỷ ấn định trong khoảng \(bounds.lowerBound) đến \(bounds.upperBound): \(fullAmount).",
                "Fixed by the body between \(bounds.lowerBound) and \(bounds.upperBound): \(fullAmount).")
        }
    }

    private var noFigure: ExplanationStep {
        ExplanationStep("no-figure", "Chưa có số liệu để tính.", "The figure to compute from is not known yet.")
    }

    /// Where the figure comes from: who said it, of which month, which employers, and when it came.
    private func figureStep(_ base: DuesBase) -> ExplanationStep {
        let (source, english) = base.source.names
        var texts = (vietnamese: "Số liệu: \(source)", english: "The figure: \(english)")
        if let month = base.month {
            texts.vietnamese += ", tháng \(month)"
            texts.english += ", of \(month)"
        }
        if let origin {
            let names = origin.employers.joined(separator: "; ")
            if !names.isEmpty {
                texts.vietnamese += ", đơn vị: \(names)"
                texts.english += ", from: \(names)"
            }
            let day = Day(containing: origin.cameAt)
            texts.vietnamese += ", nhận ngày \(day)"
            texts.english += ", came on \(day)"
            if origin.settled == true {
                texts.vietnamese += ", chi bộ đã xác định"
                texts.english += ", settled by the cell"
            }
        }
        return ExplanationStep("figure", texts.vietnamese + ".", texts.english + ".")
    }

    private var contradiction: ExplanationStep {
        ExplanationStep(
            "contradictory-figure",
            "Nhiều đơn vị cùng báo số liệu tháng \(month.previous); chi bộ xác định số được tính, trước mắt dùng số gần nhất.",
            "Several employers reported for \(month.previous); the cell settles which counts, the last known figure is used until then."
        )
    }

    private func reliefStep(_ reduction: BasisPoints) -> ExplanationStep {
        let ground = reason?.rawValue ?? ""
        return reduction.value == 10_000
            ? ExplanationStep("exempt", "Được miễn (\(ground)).", "Exempt (\(ground)).")
            : ExplanationStep(
                "reduced", "Được giảm \(reduction.percent) (\(ground)).", "Reduced by \(reduction.percent) (\(ground))."
            )
    }

    private func voluntaryStep(_ amount: Dong) -> ExplanationStep {
        ExplanationStep(
            "voluntary", "Tự nguyện đóng mức cao hơn: \(amount).", "Pays a higher amount as he wishes: \(amount).")
    }

    private var provisionalStep: ExplanationStep {
        ExplanationStep(
            "provisional", "Tạm tính, sẽ điều chỉnh khi có số liệu đúng.",
            "Provisional; adjusted when the right figure comes.")
    }
}

extension BasisPoints {
    /// As people write it: `0,3%`.
    var percent: String {
        let whole = value / 100
        let rest = value % 100
        if rest == 0 { return "\(whole)%" }
        return rest % 10 == 0 ? "\(whole),\(rest / 10)%" : "\(whole),\(rest < 10 ? "0" : "")\(rest)%"
    }
}

extension DuesCategory {
    var names: (vietnamese: String, english: String) {
        switch self {
        case .insured: ("tham gia bảo hiểm xã hội bắt buộc", "in compulsory social insurance")
        case .insuranceBenefit: ("nghỉ việc hưởng chế độ bảo hiểm xã hội", "off work, paid by the insurance")
        case .pensioner: ("hưởng lương hưu", "pensioner")
        case .student: ("học sinh, sinh viên", "pupil or student")
        case .uninsuredWorkingAge:
            ("chưa tham gia bảo hiểm, dưới tuổi nghỉ hưu", "not insured, below retirement age")
        case .uninsuredRetirementAge:
            ("không có lương hưu, đủ tuổi nghỉ hưu", "not insured, at or above retirement age")
        case .missionAbroad: ("công tác, học tập ở nước ngoài theo diện nhà nước", "on a mission abroad")
        case .abroad: ("ở ngoài nước", "abroad")
        }
    }
}

extension DuesBaseSource {
    var names: (vietnamese: String, english: String) {
        switch self {
        case .socialInsurance: ("Bảo hiểm xã hội Việt Nam", "Vietnam Social Security")
        case .pensionList: ("danh sách hưởng lương hưu", "the list of pensions")
        case .meritList: ("danh sách người có công", "the list of people with merit")
        case .memberStatement: ("đảng viên kê khai với chi bộ", "stated by the member to the cell")
        case .fixedByBody: ("cấp uỷ ấn định", "fixed by the body")
        }
    }
}
