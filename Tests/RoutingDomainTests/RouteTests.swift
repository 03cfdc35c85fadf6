import Contracts
import Testing

@testable import RoutingDomain

@Suite("The way of a transfer is found by parent links")
struct RouteTests {
    let land = TwoCommunes()

    func names(_ hops: [Hop]) -> [String] { hops.map { land.country.tree[$0.organizationId]?.name ?? "?" } }

    @Test("between communes: up to the province, then down to the cell")
    func betweenCommunes() throws {
        let way = try land.country.tree.route(from: land.cellA, to: land.cellB, origin: land.cellA)
        #expect(
            names(way) == [
                "Chi bộ A1", "Đảng bộ bộ phận A", "Đảng bộ cơ sở A", "Đảng bộ xã Mẫu A", "Đảng bộ tỉnh Mẫu",
                "Đảng bộ xã Mẫu B", "Đảng bộ cơ sở B", "Chi bộ B1",
            ])
        #expect(
            way.map(\.place) == [
                .origin, .ascending, .ascending, .ascending, .meeting, .descending, .descending, .destination,
            ])
    }

    @Test("a base cell skips straight to its superior")
    func baseCell() throws {
        let way = try land.country.tree.route(from: land.baseCellB, to: land.cellB, origin: land.baseCellB)
        #expect(names(way) == ["Chi bộ cơ sở B2", "Đảng bộ xã Mẫu B", "Đảng bộ cơ sở B", "Chi bộ B1"])
        #expect(way.map(\.place) == [.origin, .meeting, .descending, .destination])
    }

    @Test("within one base organisation the way is shorter, not another procedure")
    func withinOneBase() throws {
        let way = try land.country.tree.route(from: land.cellA, to: land.neighbourA, origin: land.cellA)
        #expect(names(way) == ["Chi bộ A1", "Đảng bộ bộ phận A", "Đảng bộ cơ sở A", "Chi bộ A2"])
        #expect(way.map(\.place) == [.origin, .ascending, .meeting, .destination])
    }

    @Test("the longest way, between sections of two provinces, fills exactly the ten boxes of the letter")
    func longestWay() throws {
        var country = Country()
        let top = country.add(.central, "Trung ương")
        let cells = ["A", "B"].map { side in
            let province = country.add(.provincial, "Tỉnh \(side)", under: top)
            let commune = country.add(.commune, "Xã \(side)", under: province)
            let base = country.add(.baseOrganisation, "Cơ sở \(side)", under: commune)
            let section = country.add(.section, "Bộ phận \(side)", under: base)
            return country.add(.subordinateCell, "Chi bộ \(side)", under: section)
        }
        let way = try country.tree.route(from: cells[0], to: cells[1], origin: cells[0])
        #expect(way.count - 1 == 10)
    }

    @Test("what cannot be a destination is told apart")
    func faults() throws {
        var country = land.country
        let island = country.add(.subordinateCell, "Chi bộ ngoài hệ thống")
        country.change(land.baseCellB, .dissolved)
        let tree = country.tree
        func fault(to destination: OrganizationID) -> RouteFault? {
            do {
                _ = try tree.route(from: land.cellA, to: destination, origin: land.cellA)
                return nil
            } catch {
                return error
            }
        }
        #expect(fault(to: land.cellA) == .sameCell)
        #expect(fault(to: land.baseB) == .destinationNotCell)
        #expect(fault(to: land.baseCellB) == .destinationNotActive)
        #expect(fault(to: island) == .noMeetingPoint)
        #expect(fault(to: country.id()) == .destinationUnknown)
    }

    @Test("a cell that was merged is reached at its successor")
    func merged() throws {
        let old = OrganizationTree.Node(
            id: land.country.id(), name: "Chi bộ cũ", type: .subordinateCell, parentId: land.baseB, status: .merged,
            mergedIntoId: land.cellB)
        let tree = OrganizationTree(land.country.nodes + [old])
        #expect(try tree.route(from: land.cellA, to: old.id, origin: land.cellA).last?.organizationId == land.cellB)
    }

    @Test("a circle of parents ends the path instead of the program")
    func circle() {
        let ids: [OrganizationID] = [land.country.id(), land.country.id()]
        let tree = OrganizationTree([
            .init(id: ids[0], name: "1", type: .section, parentId: ids[1]),
            .init(id: ids[1], name: "2", type: .section, parentId: ids[0]),
        ])
        #expect(tree.path(from: ids[0]).map(\.id) == ids)
    }
}
