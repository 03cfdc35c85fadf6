import Contracts
import DuesDomain
import Foundation
import Postgres
import Projections
import ServiceKit

/// Party dues (đảng phí): who owes what, payment orders, gateways' callbacks, the ledger, receipts and settlement.
@main
struct Dues: ServiceDefinition {
    static let name = ServiceName.dues

    static let migrations =
        DirectoryProjection.migrations + [
            Migration(
                component: "dues", version: 1, name: "dues",
                sql: String(decoding: PackageResources._001_dues_sql, as: UTF8.self)),
            Migration(
                component: "dues", version: 2, name: "standing_rows_and_advances",
                sql: String(decoding: PackageResources._002_standing_rows_and_advances_sql, as: UTF8.self)),
            Migration(
                component: "dues", version: 3, name: "policies_and_decisions",
                sql: String(decoding: PackageResources._003_policies_and_decisions_sql, as: UTF8.self)),
            Migration(
                component: "dues", version: 4, name: "gateways",
                sql: String(decoding: PackageResources._004_gateways_sql, as: UTF8.self)),
            Migration(
                component: "dues", version: 5, name: "changes_of_members",
                sql: String(decoding: PackageResources._005_changes_of_members_sql, as: UTF8.self)),
            Migration(
                component: "dues", version: 6, name: "refunds",
                sql: String(decoding: PackageResources._006_refunds_sql, as: UTF8.self)),
            Migration(
                component: "dues", version: 7, name: "reconciliation",
                sql: String(decoding: PackageResources._007_reconciliation_sql, as: UTF8.self)),
            Migration(
                component: "dues", version: 8, name: "books",
                sql: String(decoding: PackageResources._008_books_sql, as: UTF8.self)),
            Migration(
                component: "dues", version: 9, name: "remittances",
                sql: String(decoding: PackageResources._009_remittances_sql, as: UTF8.self)),
            Migration(
                component: "dues", version: 10, name: "cash",
                sql: String(decoding: PackageResources._010_cash_sql, as: UTF8.self)),
            Migration(
                component: "dues", version: 11, name: "voluntary_amounts",
                sql: String(decoding: PackageResources._011_voluntary_amounts_sql, as: UTF8.self)),
            Migration(
                component: "dues", version: 12, name: "settled_right",
                sql: String(decoding: PackageResources._012_settled_right_sql, as: UTF8.self)),
            Migration(
                component: "dues", version: 13, name: "figures",
                sql: String(decoding: PackageResources._013_figures_sql, as: UTF8.self)),
            Migration(
                component: "dues", version: 14, name: "reports",
                sql: String(decoding: PackageResources._014_reports_sql, as: UTF8.self)),
            Migration(
                component: "dues", version: 15, name: "receipt_documents",
                sql: String(decoding: PackageResources._015_receipt_documents_sql, as: UTF8.self)),
            Migration(
                component: "dues", version: 16, name: "assessment_lanes",
                sql: String(decoding: PackageResources._016_assessment_lanes_sql, as: UTF8.self)),
            Migration(
                component: "dues", version: 17, name: "refunds_held",
                sql: String(decoding: PackageResources._017_refunds_held_sql, as: UTF8.self)),
            Migration(
                component: "dues", version: 18, name: "settled_either_way",
                sql: String(decoding: PackageResources._018_settled_either_way_sql, as: UTF8.self)),
            Migration(
                component: "dues", version: 19, name: "lists_reports_figures",
                sql: String(decoding: PackageResources._019_lists_reports_figures_sql, as: UTF8.self)),
        ]

    static let settings = DuesSettings.all

    static func assemble(_ kit: ServiceContext) async throws -> ServiceParts { try DuesParts(kit).serviceParts }
}
