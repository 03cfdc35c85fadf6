public import Contracts

/// What people call the services, topics and events, in both languages.
public enum Words {
    public static func of(_ service: ServiceName) -> LocalizedText {
        switch service {
        case .directory: text("Danh bạ tổ chức", "Directory")
        case .intake: text("Tiếp nhận hồ sơ", "Intake")
        case .routing: text("Luân chuyển hồ sơ", "Routing")
        case .dues: text("Đảng phí", "Dues")
        case .signing: text("Ký số", "Signing")
        case .notification: text("Thông báo", "Notification")
        case .console: text("Theo dõi", "Console")
        }
    }

    public static func of(_ state: ServiceStanding.State) -> LocalizedText {
        switch state {
        case .ready: text("Sẵn sàng", "Ready")
        case .degraded: text("Hoạt động một phần", "Degraded")
        case .notReady: text("Chưa sẵn sàng", "Not ready")
        case .unreachable: text("Không trả lời", "No answer")
        case .unknown: text("Chưa kiểm tra", "Not asked yet")
        }
    }

    /// What people call a topic; a topic that is not of the suite keeps its name.
    public static func of(topic name: String) -> LocalizedText {
        if let known = topics[name] { return known }
        guard let topic = TopicCatalogue[name] else { return text(name, name) }
        let service = of(topic.owner)
        return text("Vận hành – \(service.vietnamese)", "Operations – \(service.english)")
    }

    /// What people call a type of event; one that this program does not know keeps its name.
    public static func of(type name: String) -> LocalizedText { types[name] ?? text(name, name) }

    private static let topics: [String: LocalizedText] = [
        TopicCatalogue.organizations.name: text("Tổ chức đảng", "Organisations"),
        TopicCatalogue.members.name: text("Đảng viên", "Members"),
        TopicCatalogue.roles.name: text("Vai trò", "Roles"),
        TopicCatalogue.dossiers.name: text("Hồ sơ", "Dossiers"),
        TopicCatalogue.feedback.name: text("Phản ánh, kiến nghị", "Feedback"),
        TopicCatalogue.cases.name: text("Xử lý hồ sơ", "Cases"),
        TopicCatalogue.assessments.name: text("Mức đóng đảng phí", "Assessments"),
        TopicCatalogue.payments.name: text("Thanh toán", "Payments"),
        TopicCatalogue.receipts.name: text("Biên lai", "Receipts"),
        TopicCatalogue.remittances.name: text("Trích nộp", "Remittances"),
        TopicCatalogue.standings.name: text("Tình trạng đóng đảng phí", "Standings"),
        TopicCatalogue.results.name: text("Kết quả", "Results"),
        TopicCatalogue.receiptDocuments.name: text("Bản điện tử của biên lai", "Documents of receipts"),
        TopicCatalogue.deliveries.name: text("Gửi thông báo", "Deliveries"),
    ]

    private static let types: [String: LocalizedText] = [
        OrganizationState.type: text("Tổ chức được cập nhật", "Organisation updated"),
        MemberState.type: text("Đảng viên được cập nhật", "Member updated"),
        RoleState.type: text("Vai trò được cập nhật", "Role updated"),
        DossierSubmitted.type: text("Hồ sơ đã nộp", "Dossier submitted"),
        DossierSupplemented.type: text("Hồ sơ đã bổ sung", "Dossier supplemented"),
        DossierWithdrawn.type: text("Hồ sơ đã rút", "Dossier withdrawn"),
        CaseOpened.type: text("Bắt đầu xử lý", "Case opened"),
        CaseStepEntered.type: text("Đến bước xử lý", "Step entered"),
        CaseStepCompleted.type: text("Xong bước xử lý", "Step completed"),
        CaseResultRequested.type: text("Yêu cầu ký kết quả", "Result requested"),
        CaseCompleted.type: text("Hồ sơ hoàn thành", "Case completed"),
        MemberAdmitted.type: text("Chi bộ đã tiếp nhận", "Member admitted"),
        CaseRejected.type: text("Hồ sơ bị từ chối", "Case rejected"),
        CaseUnroutable.type: text("Chưa xác định nơi xử lý", "Case unroutable"),
        CaseSupplementRequested.type: text("Yêu cầu bổ sung hồ sơ", "Supplement requested"),
        CaseBoxCorrected.type: text("Đính chính ô giấy giới thiệu", "Box corrected"),
        CaseLetterIssued.type: text("Đã cấp giấy giới thiệu", "Letter issued"),
        CaseLetterCancelled.type: text("Đã huỷ giấy giới thiệu", "Letter cancelled"),
        CaseStayEnding.type: text("Sắp hết thời gian sinh hoạt tạm thời", "Stay ends soon"),
        CaseStayChanged.type: text("Thay đổi thời gian sinh hoạt tạm thời", "Stay changed"),
        CaseStayEnded.type: text("Hết thời gian sinh hoạt tạm thời", "Stay ended"),
        CasePaperFileRecorded.type: text("Hồ sơ giấy của đảng viên", "Paper file recorded"),
        CaseDeadlineAlert.type: text("Cảnh báo thời hạn", "Deadline alert"),
        CaseDeadlineMoved.type: text("Thay đổi thời hạn", "Deadline moved"),
        CaseMessagePosted.type: text("Trao đổi về hồ sơ", "Message on a case"),
        AssessmentMade.type: text("Đã tính đảng phí", "Dues assessed"),
        PaymentOrderCreated.type: text("Lệnh thanh toán", "Payment order created"),
        PaymentReceived.type: text("Đã nhận thanh toán", "Payment received"),
        PaymentFailed.type: text("Thanh toán không thành", "Payment failed"),
        PaymentSettled.type: text("Đã đối soát", "Payment settled"),
        ReceiptIssued.type: text("Đã cấp biên nhận", "Receipt issued"),
        RefundApproved.type: text("Đã duyệt hoàn tiền", "Refund approved"),
        RefundSucceeded.type: text("Đã hoàn tiền", "Refund made"),
        RefundFailed.type: text("Hoàn tiền không thành", "Refund failed"),
        ReceiptDocumentRequested.type: text("Yêu cầu bản điện tử của biên lai", "Receipt document requested"),
        ReceiptCorrected.type: text("Đã điều chỉnh biên lai", "Receipt corrected"),
        RemittanceMade.type: text("Đã chốt khoản trích nộp", "Remittance made"),
        RemittanceAcknowledged.type: text("Đã nhận khoản trích nộp", "Remittance acknowledged"),
        RemittanceOverdue.type: text("Trích nộp quá hạn", "Remittance overdue"),
        StandingState.type: text("Tình trạng đóng phí", "Standing updated"),
        ResultIssued.type: text("Kết quả đã ký", "Result issued"),
        ResultFailed.type: text("Chưa ký được kết quả", "Result failed"),
        ReceiptDocumentIssued.type: text("Đã đóng dấu biên lai", "Receipt sealed"),
        ReceiptDocumentFailed.type: text("Chưa đóng dấu được biên lai", "Receipt not sealed"),
        DeliverySent.type: text("Đã gửi thông báo", "Notice sent"),
        DeliveryFailed.type: text("Chưa gửi được thông báo", "Notice failed"),
        MessageParked.type: text("Thông điệp bị giữ lại", "Message parked"),
        RelayBlocked.type: text("Chuyển tiếp bị chặn", "Relay blocked"),
        ServiceDegraded.type: text("Dịch vụ suy giảm", "Service degraded"),
        AuditAnchored.type: text("Chốt nhật ký kiểm toán", "Audit anchored"),
    ]

    private static func text(_ vietnamese: String, _ english: String) -> LocalizedText {
        LocalizedText(vietnamese: vietnamese, english: english)
    }
}
