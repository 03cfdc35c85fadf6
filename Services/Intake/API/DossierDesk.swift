import Contracts
import Foundation
import Hummingbird
import IntakeDomain
import Projections
import ServiceKit
import WorkingTime

/// Where members meet their dossiers over HTTP.
struct DossierDesk: Sendable {
    let kit: ServiceContext
    let directory: DirectoryProjection
    let catalogue: ProcedureCatalogue
    let calendar: OfficialCalendar
    let rules: DeadlineRules
    /// Whether procedures are taken where no organisation says from when.
    let isElectronicByDefault: Bool
    /// Where results are found, without a slash at its end.
    let results: String

    init(
        kit: ServiceContext, directory: DirectoryProjection, catalogue: ProcedureCatalogue, calendar: OfficialCalendar,
        rules: DeadlineRules, isElectronicByDefault: Bool, results: String
    ) {
        self.kit = kit
        self.directory = directory
        self.catalogue = catalogue
        self.calendar = calendar
        self.rules = rules
        self.isElectronicByDefault = isElectronicByDefault
        self.results = results.hasSuffix("/") ? String(results.dropLast()) : results
    }

    /// Working time of an organisation. Hours that cannot be read give way to the calendar's.
    func workingTime(of organization: OrganizationState) -> WorkingTime {
        WorkingTime(
            calendar: calendar, officeHours: organization.officeHours.flatMap { try? OfficeHours($0) }, rules: rules)
    }
}
