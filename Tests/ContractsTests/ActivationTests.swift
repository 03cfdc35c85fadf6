import Contracts
import Foundation
import Testing

@Suite("Since when a procedure is taken electronically")
struct ActivationTests {
    private let today: Day
    private let ids = SequentialIDSource(seed: 3)

    init() throws { today = try Day("2026-11-20") }

    private func organization(_ type: OrganizationType, from day: String? = nil) throws -> OrganizationState {
        OrganizationState(
            organizationId: ids.next(at: .init(timeIntervalSince1970: 1_795_143_600)),
            code: try OrganizationCode("A35.10"), name: "Tổ chức Mẫu", type: type, status: .active, residential: true,
            duesRegion: .one, hasSeal: false, bankAccounts: [],
            activations: try day.map {
                [OrganizationState.Activation(procedure: .officialTransfer, electronicFrom: try Day($0))]
            })
    }

    private func fault(
        _ path: [OrganizationState], _ procedure: ProcedureCode = .officialTransfer, isElectronicByDefault: Bool = true
    ) -> InvalidValue? {
        OrganizationState.Activation.fault(
            of: procedure, above: path, isElectronicByDefault: isElectronicByDefault, today: today)
    }

    @Test("the nearest organisation that says something decides, for its procedure only")
    func nearest() throws {
        let cell = try organization(.subordinateCell)
        let pilot = try organization(.commune, from: "2026-04-21")
        let later = try organization(.provincial, from: "2026-12-01")
        #expect(fault([cell, pilot, later]) == nil)
        let waiting = fault([cell, later])
        #expect(waiting?.rule == "procedure.not-active" && waiting?.english.contains("2026-12-01") == true)
        #expect(fault([cell, later], .temporaryTransfer) == nil)
        #expect(fault([cell, try organization(.provincial, from: "2026-11-20")]) == nil, "from the day itself")
    }

    @Test("where nobody says anything, the configuration decides")
    func byDefault() throws {
        let cell = try organization(.subordinateCell)
        #expect(fault([cell]) == nil)
        #expect(fault([cell], isElectronicByDefault: false)?.field == "procedure")
    }
}
