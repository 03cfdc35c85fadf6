public import Contracts

extension ProgressEvent {
    /// What happened, in words for the applicant.
    ///
    /// - Parameter place: the name of the organisation that it happened at, where one is named.
    public func text(at place: String?) -> LocalizedText {
        let vietnamese = place ?? "tổ chức đảng có thẩm quyền"
        let english = place ?? "the body in charge"
        switch self {
        case .submitted: return LocalizedText(vietnamese: "Đã tiếp nhận hồ sơ", english: "The dossier was received")
        case .supplemented(let supplement):
            return LocalizedText(
                vietnamese: "Đã nhận bổ sung lần \(supplement.number)",
                english: "Supplement \(supplement.number) arrived")
        case .withdrawn: return LocalizedText(vietnamese: "Đã rút hồ sơ", english: "The dossier was withdrawn")
        case .opened: return LocalizedText(vietnamese: "Bắt đầu giải quyết", english: "Handling began")
        case .stepEntered:
            return LocalizedText(vietnamese: "Chờ \(vietnamese) giải quyết", english: "Waiting for \(english)")
        case .stepCompleted(let step):
            let box = step.box.map { (" (ô \($0))", " (box \($0))") } ?? ("", "")
            return LocalizedText(
                vietnamese: "\(vietnamese) đã giải quyết\(box.0)", english: "Done by \(english)\(box.1)")
        case .supplementRequested:
            return LocalizedText(
                vietnamese: "\(vietnamese) đề nghị bổ sung hồ sơ", english: "A supplement was asked for by \(english)")
        case .unroutable:
            return LocalizedText(
                vietnamese: "Chưa xác định được nơi giải quyết tiếp theo", english: "The next place is not known yet")
        case .rejected:
            return LocalizedText(
                vietnamese: "\(vietnamese) không chấp thuận hoặc trả lại", english: "Turned down by \(english)")
        case .letterIssued:
            return LocalizedText(
                vietnamese: "\(vietnamese) đã cấp giấy giới thiệu", english: "The letter was issued by \(english)")
        case .letterCancelled(let letter):
            return letter.reissued
                ? LocalizedText(
                    vietnamese: "Giấy giới thiệu đã bị huỷ, \(vietnamese) cấp lại",
                    english: "The letter is void; \(english) issues it anew")
                : LocalizedText(vietnamese: "Giấy giới thiệu đã bị huỷ", english: "The letter is void")
        case .admitted:
            return LocalizedText(
                vietnamese: "\(vietnamese) đã tiếp nhận đảng viên", english: "The member was admitted by \(english)")
        case .stayEnding:
            return LocalizedText(
                vietnamese: "Sắp hết thời gian sinh hoạt tạm thời tại \(vietnamese)",
                english: "The stay at \(english) ends soon")
        case .stayChanged:
            return LocalizedText(
                vietnamese: "Đã thay đổi thời gian sinh hoạt tạm thời tại \(vietnamese)",
                english: "The stay at \(english) has another last day")
        case .stayEnded:
            return LocalizedText(
                vietnamese: "Đã hết thời gian sinh hoạt tạm thời tại \(vietnamese)",
                english: "The stay at \(english) is over")
        case .paperFileRecorded(let record): return Self.text(of: record.state, vietnamese, english)
        case .resultRequested:
            return LocalizedText(vietnamese: "Chuyển ký kết quả", english: "The result goes to signing")
        case .completed: return LocalizedText(vietnamese: "Kết thúc giải quyết", english: "Handling ended")
        case .resultIssued:
            return LocalizedText(vietnamese: "Đã ký và ban hành kết quả", english: "The result was signed and issued")
        case .resultFailed:
            return LocalizedText(vietnamese: "Việc ký kết quả chưa thành công", english: "Signing failed")
        }
    }

    /// What became of the paper file, recorded by the organisation.
    private static func text(of state: PaperFileState, _ vietnamese: String, _ english: String) -> LocalizedText {
        switch state {
        case .handedOver:
            LocalizedText(
                vietnamese: "\(vietnamese) đã giao hồ sơ giấy niêm phong cho đảng viên",
                english: "The sealed paper file was handed to the member by \(english)")
        case .arrived:
            LocalizedText(
                vietnamese: "\(vietnamese) đã nhận hồ sơ giấy", english: "The paper file arrived at \(english)")
        case .lost:
            LocalizedText(
                vietnamese: "\(vietnamese) đã ghi nhận báo mất hồ sơ giấy",
                english: "The loss of the paper file was reported to \(english)")
        case .policeConfirmed:
            LocalizedText(
                vietnamese: "\(vietnamese) đã nhận xác nhận của công an về việc mất hồ sơ giấy",
                english: "The police confirmation of the loss reached \(english)")
        case .reissued:
            LocalizedText(
                vietnamese: "\(vietnamese) đã cấp lại hồ sơ giấy niêm phong cho đảng viên",
                english: "A new sealed paper file was handed to the member by \(english)")
        case .returned:
            LocalizedText(
                vietnamese: "\(vietnamese) đã nhận lại hồ sơ giấy", english: "The paper file is back at \(english)")
        }
    }

    /// The organisation that it happened at or waits for.
    public var organization: OrganizationID? {
        switch self {
        case .submitted(let event): event.receivingOrganizationId
        case .opened(let event): event.organizationId
        case .stepEntered(let event): event.organizationId
        case .stepCompleted(let event): event.organizationId
        case .supplementRequested(let event): event.organizationId
        case .unroutable(let event): event.organizationId
        case .rejected(let event): event.organizationId
        case .letterIssued(let event): event.fromCellId
        case .letterCancelled(let event): event.fromCellId
        case .admitted(let event): event.toCellId
        case .stayEnding(let event): event.cellId
        case .stayChanged(let event): event.cellId
        case .stayEnded(let event): event.cellId
        case .paperFileRecorded(let event): event.organizationId
        case .resultRequested(let event): event.issuingOrganizationId
        case .resultIssued(let event): event.issuingOrganizationId
        case .resultFailed(let event): event.issuingOrganizationId
        case .supplemented, .withdrawn, .completed: nil
        }
    }
}
