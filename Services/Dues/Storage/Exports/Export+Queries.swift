import Contracts
import DuesDomain
import Foundation
import Postgres

extension Export {
    /// - Parameter closed: the last month closed before, which the report goes on from.
    init(_ name: ExportName, of places: ReportPlaces, _ months: StatementMonths, closed: DuesMonth?) {
        switch name {
        case .payments: self = .payments(places, months)
        case .assessments: self = .assessments(places, months)
        case .postings: self = .postings(places, months)
        case .exceptions: self = .exceptions(places, months)
        case .report: self = .report(DuesReport(places: places, months: months, closed: closed))
        }
    }

    private static let organization: [ExportColumn] = [
        ExportColumn("Mã tổ chức", "organizationCode", .code, "o.code"),
        ExportColumn("Tổ chức", "organizationName", .text, "o.state ->> 'name'"),
    ]
    private static let dues: [ExportColumn] = [
        ExportColumn("Mã đảng viên", "memberId", .code, "x.member_id"),
        ExportColumn("Tháng đảng phí", "month", .code, "x.month"),
    ]

    /// The lines of what was paid in the months, one row for each member's month.
    private static func payments(_ places: ReportPlaces, _ months: StatementMonths) -> Export {
        Export(
            places: places,
            columns: [
                ExportColumn("Mã thanh toán", "paymentId", .code, "p.payment_id"),
                ExportColumn("Thời điểm ghi nhận", "confirmedAt", .moment, "p.confirmed_at"),
                ExportColumn("Kênh", "channel", .code, "p.channel"),
                ExportColumn("Mã giao dịch của kênh", "gatewayTransaction", .text, "p.gateway_transaction"),
                ExportColumn("Mã lệnh thanh toán", "reference", .code, "d.reference"),
            ] + dues + organization + [
                ExportColumn("Số tiền (đồng)", "amount", .number, "x.amount"),
                ExportColumn("Cả lần thanh toán (đồng)", "paymentAmount", .number, "p.amount"),
                ExportColumn("Nộp thừa (đồng)", "overpaid", .number, "p.overpaid"),
            ]
        ) { list in
            """
            WITH RECURSIVE \(places.table)
            SELECT \(list)
            FROM payments p JOIN payment_orders d ON d.order_id = p.order_id
                JOIN order_lines x ON x.order_id = p.order_id JOIN directory_organizations o ON o.id = x.cell_id
            WHERE p.confirmed_at >= \(months.from.start) AND p.confirmed_at < \(months.through.end)
                AND x.cell_id IN (SELECT id FROM places)
            """
        }
    }

    /// What is owed for the months; no salaries and pensions, whose use is explained to whoever asks about one member.
    private static func assessments(_ places: ReportPlaces, _ months: StatementMonths) -> Export {
        Export(
            places: places,
            columns: dues + organization + [
                ExportColumn("Mức đầy đủ (đồng)", "fullAmount", .number, "x.full_amount"),
                ExportColumn("Phải nộp (đồng)", "amount", .number, "x.amount"),
                ExportColumn("Đã nộp (đồng)", "paid", .number, "x.paid"),
                ExportColumn("Tạm tính", "provisional", .number, "x.provisional::int"),
                ExportColumn("Lý do", "reason", .text, "x.reason"),
                ExportColumn("Tính lúc", "madeAt", .moment, "x.made_at"),
            ]
        ) { list in
            """
            WITH RECURSIVE \(places.table)
            SELECT \(list)
            FROM assessments x JOIN directory_organizations o ON o.id = x.organization_id
            WHERE x.month >= \(months.from) AND x.month <= \(months.through)
                AND x.organization_id IN (SELECT id FROM places)
            """
        }
    }

    /// What was posted in the months on an account of the bodies, whichever side; each posting once.
    private static func postings(_ places: ReportPlaces, _ months: StatementMonths) -> Export {
        Export(
            places: places,
            columns: [
                ExportColumn("Mã bút toán", "postingId", .code, "x.posting_id"),
                ExportColumn("Thời điểm ghi sổ", "postedAt", .moment, "x.posted_at"),
                ExportColumn("Nghiệp vụ", "cause", .code, "x.cause"),
                ExportColumn("Tài khoản nợ", "debit", .code, "x.debit"),
                ExportColumn("Tổ chức bên nợ", "debitOrganization", .code, "o.code"),
                ExportColumn("Tài khoản có", "credit", .code, "x.credit"),
                ExportColumn("Tổ chức bên có", "creditOrganization", .code, "c.code"),
                ExportColumn("Số tiền (đồng)", "amount", .number, "x.amount"),
            ] + dues + [
                ExportColumn("Mã thanh toán", "paymentId", .code, "x.payment_id"),
                ExportColumn("Dòng đối soát", "settlement", .text, "x.settlement"),
            ]
        ) { list in
            func side(_ condition: SQL) -> SQL {
                """
                SELECT \(list)
                FROM ledger_postings x LEFT JOIN directory_organizations o ON o.id = x.debit_owner
                    LEFT JOIN directory_organizations c ON c.id = x.credit_owner
                WHERE x.posted_at >= \(months.from.start) AND x.posted_at < \(months.through.end) AND \(condition)
                """
            }
            return """
                WITH RECURSIVE \(places.table)
                \(side("x.debit_owner IN (SELECT id FROM places)"))
                UNION ALL
                \(side("x.credit_owner IN (SELECT id FROM places) AND x.debit_owner NOT IN (SELECT id FROM places)"))
                """
        }
    }

    /// The exceptions raised in the months.
    private static func exceptions(_ places: ReportPlaces, _ months: StatementMonths) -> Export {
        Export(
            places: places,
            columns: [
                ExportColumn("Mã ngoại lệ", "exceptionId", .code, "x.exception_id"),
                ExportColumn("Loại", "kind", .code, "x.kind"),
                ExportColumn("Phát sinh lúc", "raisedAt", .moment, "x.raised_at"),
                ExportColumn("Giải quyết lúc", "settledAt", .moment, "x.settled_at"),
            ] + organization + [
                ExportColumn("Số tiền (đồng)", "amount", .number, "x.amount"),
                ExportColumn("Mã lệnh thanh toán", "orderId", .code, "x.order_id"),
                ExportColumn("Mã thanh toán", "paymentId", .code, "x.payment_id"),
                ExportColumn("Dòng đối soát", "settlement", .text, "x.settlement"),
            ] + dues + [
                ExportColumn("Cổng thanh toán", "gateway", .code, "x.gateway"),
                ExportColumn("Ngày thiếu tệp", "day", .day, "x.day"),
                ExportColumn("Người xử lý", "assignee", .text, "x.assignee"),
            ]
        ) { list in
            """
            WITH RECURSIVE \(places.table)
            SELECT \(list)
            FROM exceptions x LEFT JOIN directory_organizations o ON o.id = x.owner_id
            WHERE x.raised_at >= \(months.from.start) AND x.raised_at < \(months.through.end)
                AND x.owner_id IN (SELECT id FROM places)
            """
        }
    }

    private static func report(_ report: DuesReport) -> Export {
        Export(
            places: report.places,
            columns: [
                ExportColumn("Mã tổ chức", "organizationCode", .code, "code"),
                ExportColumn("Tổ chức", "organizationName", .text, "name"),
                ExportColumn("Loại tổ chức", "organizationType", .code, "type"),
                ExportColumn("Lượt tính đảng phí", "assessed", .number, "assessed"),
                ExportColumn("Không phải nộp", "exempt", .number, "exempt"),
                ExportColumn("Tạm tính", "provisional", .number, "provisional"),
                ExportColumn("Phải nộp (đồng)", "due", .number, "due"),
                ExportColumn("Miễn, giảm (đồng)", "relief", .number, "relief"),
                ExportColumn("Đã nộp cho kỳ này (đồng)", "paid", .number, "paid"),
                ExportColumn(
                    "Tỷ lệ (phần vạn)", "rate", .number,
                    "CASE WHEN due > 0 THEN least(paid, due) * 10000 / due END"),
                ExportColumn("Thu trong kỳ (đồng)", "collected", .number, "of_months + of_earlier + ahead"),
                ExportColumn("Thu của kỳ này (đồng)", "ofMonths", .number, "of_months"),
                ExportColumn("Thu của kỳ trước (đồng)", "ofEarlier", .number, "of_earlier"),
                ExportColumn("Thu trước cho kỳ sau (đồng)", "ahead", .number, "ahead"),
                ExportColumn("Tiền mặt (đồng)", "inCash", .number, "in_cash"),
                ExportColumn("Điện tử (đồng)", "electronic", .number, "electronic"),
                ExportColumn("Điều chỉnh (đồng)", "corrected", .number, "corrected"),
                ExportColumn("Còn nợ cuối kỳ (đồng)", "arrears", .number, "arrears"),
                ExportColumn("Phí kênh (đồng)", "channelFees", .number, "channel_fees"),
                ExportColumn("Ngoại lệ chưa giải quyết", "exceptions", .number, "exceptions"),
                ExportColumn("Số tiền ngoại lệ (đồng)", "exceptionAmount", .number, "exception_amount"),
                ExportColumn("Được giữ lại (đồng)", "kept", .number, "kept"),
                ExportColumn("Nộp lên cấp trên (đồng)", "passedUp", .number, "passed_up"),
            ]
        ) { report.statement(columns: $0) }
    }
}
