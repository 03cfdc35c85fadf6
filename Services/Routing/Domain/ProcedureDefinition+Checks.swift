import Contracts
import WorkingTime

extension ProcedureDefinition {
    /// Everything that a running case relies on and that does not hold; empty for a definition that can be used.
    func faults() -> [DefinitionFault] {
        var list = FaultList()
        list.demand(version >= 1, "version", "version.range", "must be 1 or more", "phải từ 1 trở lên")
        list.demand(
            FaultList.isWord(outcome), "outcome", "name.form", "must be a lower-case word", "phải là từ viết thường")
        checkRoute(&list)
        checkLetter(&list)
        checkPaperFile(&list)
        if let limit = startWithin?.limit { check(limit, "startWithin", &list) }
        checkPeriod(&list)
        list.demand(
            stayChange == nil || steps.flatMap(\.actions).contains { $0.effect == .changeStay }, "stayChange",
            "stay.unchanged", "no action has the effect change-stay", "không thao tác nào có hiệu lực change-stay")
        checkOpinion(&list)
        list.demandNames(steps.map(\.name), of: ("steps", "bước"), "steps")
        for step in steps { check(step, &list) }
        checkGraph(&list)
        return list.faults
    }

    private func checkRoute(_ list: inout FaultList) {
        if let field = route.destinationField {
            list.demand(
                !field.isEmpty, "route.destination", "field.name", "must name a field of the form",
                "phải nêu tên một trường của biểu mẫu")
        }
        list.demand(
            !route.isTransfer || route.destinationField != nil, "route", "route.destination",
            "a way from cell to cell needs the field of the destination",
            "đường đi giữa hai chi bộ phải nêu trường nơi đến")
        if route.isTransfer { checkPlaces(route.places, &list) }
        list.demand(
            route.isTransfer || route.beginning == .origin, "route.from", "route.from",
            "only a way from cell to cell begins at the body that received the dossier",
            "chỉ đường đi giữa hai chi bộ mới bắt đầu từ tổ chức tiếp nhận hồ sơ")
        list.demand(
            period == nil || route.beginning == .origin && step(at: .reply) == nil, "period", "period.outside",
            "a stay is with a cell: its way neither leads out of the system nor comes from outside",
            "sinh hoạt tạm thời là ở chi bộ: đường đi không ra ngoài hoặc đến từ ngoài hệ thống")
        if Place.ofOutside.contains(where: { step(at: $0) != nil }) {
            checkPlaces(Place.ofOutside, &list)
            list.demand(
                result != nil && letter != nil, "steps", "outside.letter",
                "a way out of the system needs a letter and its signed result",
                "đường đi ra ngoài hệ thống cần có giấy giới thiệu và kết quả ký số")
        }
        if route.hasDestination { checkPlaces([.readdressing], &list) }
        for name in route.stations {
            list.demand(
                step(named: name)?.at != nil, "route.steps", "step.unknown",
                "the way names the step \(name), which does not exist or names no organisation (at)",
                "đường đi nêu bước \(name) không tồn tại hoặc chưa nêu tổ chức (at)")
        }
        list.demandNames(route.stations, of: ("places of the way", "chặng của đường đi"), "route.steps")
        list.demandNames(variants.map(\.name), of: ("variants", "biến thể"), "variants")
        for variant in variants {
            let path = "variants.\(variant.name)"
            list.demand(
                route.isTransfer && letter != nil, path, "variant.route",
                "only a way from cell to cell with a letter has variants",
                "chỉ đường đi giữa hai chi bộ có giấy giới thiệu mới có biến thể")
            list.demand(
                variant.through.climb != nil, "\(path).through", "variant.through",
                "must be a committee above one of the cells", "phải là cấp uỷ trên chi bộ")
            list.demand(
                (1...40).contains(variant.boxes), "\(path).boxes", "boxes.range", "must be 1 to 40",
                "phải từ 1 đến 40")
        }
    }

    private func checkPlaces(_ places: [Place], _ list: inout FaultList) {
        for place in places {
            let there = steps.filter { $0.places.contains(place) }
            list.demand(
                !there.isEmpty, "steps", "place.missing", "no step for the place \(place.rawValue)",
                "không có bước cho vị trí \(place.rawValue)")
            list.demand(
                there.count <= 1, "steps", "place.twice", "more than one step for the place \(place.rawValue)",
                "hơn một bước cho vị trí \(place.rawValue)")
        }
    }

    private func checkLetter(_ list: inout FaultList) {
        if let letter {
            list.demand(
                (1...40).contains(letter.boxes), "letter.boxes", "boxes.range", "must be 1 to 40",
                "phải từ 1 đến 40")
            if let limit = letter.presentWithin { check(limit, "letter.presentWithin", &list) }
            list.demand(
                (letter.filledField != nil) == (route.beginning == .receivingBody), "letter.filledBefore",
                "letter.filled",
                "names the field that counts the boxes filled on paper, for a letter from outside only",
                "nêu trường ghi số ô đã ghi trên giấy, chỉ dùng cho giấy từ ngoài hệ thống")
        }
        for step in steps where step.fillsBox {
            list.demand(
                letter != nil, "steps.\(step.name).fillsBox", "box.letter", "there is no letter with boxes",
                "thủ tục không có giấy giới thiệu có ô")
        }
    }

    private func checkPaperFile(_ list: inout FaultList) {
        guard let paperFile else { return }
        list.demand(
            route.isTransfer && step(at: .origin)?.fillsBox == true, "paperFile", "paper-file.letter",
            "goes with a letter of introduction whose first box the step at origin signs",
            "phải đi kèm giấy giới thiệu mà bước ở vị trí origin ký ô đầu tiên")
        for (name, desk) in [("handedOverBy", paperFile.handedOverBy), ("receivedBy", paperFile.receivedBy)] {
            list.demand(
                Staffing.handlers.contains(desk.role), "paperFile.\(name).role", "paper-file.role",
                "must be a role that acts in procedures", "phải là vai trò xử lý thủ tục")
        }
        list.demand(
            paperFile.handedOverBy.at.anchor != .destination, "paperFile.handedOverBy.at", "paper-file.side",
            "must be an organisation of the sending side", "phải là tổ chức ở bên chuyển đi")
        list.demand(
            paperFile.receivedBy.at.anchor == .destination, "paperFile.receivedBy.at", "paper-file.side",
            "must be an organisation of the receiving side (of destination)",
            "phải là tổ chức ở bên tiếp nhận (of destination)")
    }

    private func checkPeriod(_ list: inout FaultList) {
        guard let period else { return }
        list.demand(
            !period.lengths.isEmpty, "period.lengths", "period.lengths", "there is none", "chưa có thời hạn nào")
        list.demand(
            (1...366).contains(period.remindDaysBefore), "period.remindDaysBefore", "period.reminder",
            "must be 1 to 366 days", "phải từ 1 đến 366 ngày")
        for (reason, length) in period.lengths.sorted(by: { $0.key < $1.key }) {
            list.demand(
                length.atLeast >= 1 && length.most > length.atLeast && length.most <= 120, "period.lengths.\(reason)",
                "period.range", "must be 1 to 120 months, the longest above the shortest",
                "phải từ 1 đến 120 tháng, mức dài nhất lớn hơn mức ngắn nhất")
        }
    }

    private func checkOpinion(_ list: inout FaultList) {
        guard let opinion else { return }
        list.demandNames(opinion.criteria.map(\.name), of: ("criteria", "tiêu chí"), "opinion.criteria")
        list.demandNames(opinion.grades.map(\.name), of: ("grades", "mức"), "opinion.grades")
        list.demand(
            !opinion.criteria.isEmpty, "opinion.criteria", "opinion.criteria", "there is none", "chưa có tiêu chí")
        list.demand(
            opinion.grades.count >= 2, "opinion.grades", "opinion.grades", "there must be two or more",
            "phải có từ hai mức")
    }

    func check(_ limit: TimeLimit, _ path: String, _ list: inout FaultList) {
        do {
            try limit.check()
        } catch {
            list.demand(false, path, error.rule, error.english, error.vietnamese)
        }
    }
}
