import Contracts

extension ProcedureDefinition {
    /// What is wrong with a step and its actions.
    func check(_ step: Step, _ list: inout FaultList) {
        let path = "steps.\(step.name)"
        list.demand(
            !step.actions.isEmpty, "\(path).actions", "actions.missing", "there is none", "chưa có thao tác nào")
        list.demandNames(step.actions.map(\.name), of: ("actions", "thao tác"), "\(path).actions")
        switch step.limit {
        case .working(let limit): check(limit, "\(path).limit", &list)
        case .nextMeeting(let days):
            list.demand(
                (1...366).contains(days), "\(path).limit", "limit.range", "must be 1 to 366 days",
                "phải từ 1 đến 366 ngày")
        }
        checkWhere(step, path, &list)
        for place in step.places.sorted(by: { $0.rawValue < $1.rawValue }) { check(step, at: place, path, &list) }
        checkQuorum(step, path, &list)
        for action in step.actions { check(action, of: step, "\(path).actions.\(action.name)", &list) }
    }

    /// A step stands on the way of a transfer or names its organisation, never both.
    private func checkWhere(_ step: Step, _ path: String, _ list: inout FaultList) {
        list.demand(
            step.places.isEmpty != (step.at == nil), path, "step.where",
            "must have either places or at: where on the way, or at which organisation",
            "phải có places hoặc at: vị trí trên đường đi, hoặc tổ chức xử lý")
        list.demand(
            !step.places.contains(.station), "\(path).places", "place.unknown",
            "station is no place; name the organisation by at", "station không phải vị trí; hãy nêu tổ chức bằng at")
        if !route.isTransfer {
            list.demand(
                step.places.isSubset(of: [.readdressing]), "\(path).places", "place.unreachable",
                "only a way from cell to cell comes to these places",
                "chỉ đường đi giữa hai chi bộ mới qua các vị trí này")
        }
        if step.at?.anchor == .destination {
            list.demand(
                route.hasDestination, "\(path).at", "route.destination",
                "the route names no destination", "route chưa nêu nơi đến")
        }
    }

    /// Every place must have the effect by which a case leaves it, and none that makes no sense there.
    private func check(_ step: Step, at place: Place, _ path: String, _ list: inout FaultList) {
        let (onward, others): (Effect, Set<Effect>) =
            switch place {
            case .origin: (.forward, [.refuse, .reissueLetter, .cancelMove])
            case .ascending, .meeting: (.forward, [])
            case .descending: (.forward, [.sendBack])
            case .destination, .reply: (.admit, [.sendBack])
            case .outside: (.forward, [.sendBack])
            case .arrival: (.forward, [.refuse])
            case .readdressing: (.readdress, [.refuse])
            case .station: (.forward, Set(Effect.allCases))
            }
        let effects = Set(step.actions.map(\.effect))
        list.demand(
            effects.contains(onward), "\(path).actions", "effect.missing",
            "at the place \(place.rawValue) there must be an action with the effect \(onward.rawValue)",
            "vị trí \(place.rawValue) phải có thao tác với hiệu lực \(onward.rawValue)")
        let anywhere: Set<Effect> =
            place == .readdressing ? [.requestSupplement] : [.requestSupplement, .refer, .correctBox]
        for stray in effects.subtracting(others).subtracting(anywhere).subtracting([onward]).map(\.rawValue).sorted() {
            list.demand(
                false, "\(path).actions", "effect.place",
                "the effect \(stray) is not allowed at the place \(place.rawValue)",
                "hiệu lực \(stray) không dùng được ở vị trí \(place.rawValue)")
        }
        list.demand(
            place != .destination || !step.fillsBox, path, "box.destination",
            "the receiving cell admits and fills no box", "chi bộ tiếp nhận không ghi ô")
        list.demand(
            !Place.ofOutside.contains(place) || !step.fillsBox, path, "box.outside",
            "the letter is complete when it leaves the system: no box is filled",
            "giấy giới thiệu đã đủ ô khi giao ra ngoài hệ thống, không ghi thêm ô")
    }

    private func checkQuorum(_ step: Step, _ path: String, _ list: inout FaultList) {
        guard let quorum = step.quorum else { return }
        if case .atLeast(let number) = quorum {
            list.demand(number >= 1, "\(path).quorum", "quorum.range", "must be 1 or more", "phải từ 1 trở lên")
        }
        list.demand(
            route.stations.contains(step.name) && !step.fillsBox, "\(path).quorum", "quorum.step",
            "only a step of the way (route.steps) that fills no box can be parallel",
            "chỉ bước thuộc route.steps và không ghi ô mới có thể song song")
        let allowed: Set<Effect> = [.forward, .recordOpinion, .finish, .requestSupplement, .sendBack]
        for effect in Set(step.actions.map(\.effect)).subtracting(allowed).map(\.rawValue).sorted() {
            list.demand(
                false, "\(path).actions", "quorum.effect",
                "one of several who are asked at the same time cannot \(effect)",
                "một trong nhiều nơi được hỏi cùng lúc không thể \(effect)")
        }
    }

    private func check(_ action: Action, of step: Step, _ path: String, _ list: inout FaultList) {
        let names = action.fields.map(\.name)
        list.demand(
            Set(names).count == names.count, "\(path).fields", "field.duplicate", "a field stands twice",
            "một trường nêu hai lần")
        list.demand(
            (action.effect == .readdress) == action.fields.contains { $0.name == .destinationCellId && $0.isRequired }
                && (action.effect == .readdress || !names.contains(.destinationCellId)),
            "\(path).fields", "field.destination",
            "destinationCellId is required for the effect readdress, and only there",
            "destinationCellId bắt buộc với hiệu lực readdress và chỉ dùng ở đó")
        checkText(action, step, path, &list)
        checkMeaning(action, step, path, &list)
        for guarding in action.guards { check(guarding, of: action, step, "\(path).guards", &list) }
    }

    private func checkText(_ action: Action, _ step: Step, _ path: String, _ list: inout FaultList) {
        switch action.effect {
        case .refuse, .sendBack, .requestSupplement, .refer, .correctBox, .reissueLetter, .cancelMove:
            list.demand(
                action.needsText, path, "text.required", "a reason is needed: text must be required",
                "phải nêu lý do: text phải là required")
        case .recordOpinion:
            list.demand(
                action.needsText, path, "text.required", "an opinion has free text: text must be required",
                "ý kiến phải có phần nhận xét: text phải là required")
        case .forward, .readdress:
            list.demand(
                !step.fillsBox || action.needsText || action.standardText != nil, path, "text.box",
                "a box needs text: require it or give a standard text",
                "ô phải có nội dung: bắt buộc ghi hoặc cho câu mẫu")
        case .admit, .finish, .changeStay: break
        }
    }

    private func checkMeaning(_ action: Action, _ step: Step, _ path: String, _ list: inout FaultList) {
        switch action.effect {
        case .refer:
            let target = action.target.flatMap(step(named:))
            list.demand(
                target.map(isReferral) ?? false, "\(path).to", "refer.step",
                "must name a step that stands off the way and has at", "phải nêu một bước ngoài đường đi, có at")
            list.demand(
                !isReferral(step), path, "refer.twice", "who was asked does not ask further",
                "nơi được hỏi không hỏi tiếp nơi khác")
        case .recordOpinion:
            list.demand(
                opinion != nil, path, "opinion.missing", "the definition has no opinion with criteria",
                "định nghĩa chưa có mục opinion với tiêu chí")
        case .correctBox:
            list.demand(step.fillsBox, path, "box.correct", "the step fills no box", "bước này không ghi ô")
        case .reissueLetter, .cancelMove:
            list.demand(
                step.fillsBox && step.places == [.origin], path, "letter.cancel",
                "only the step at the place origin, which signs the first box, cancels the letter",
                "chỉ bước ở vị trí origin, nơi ký ô đầu tiên, mới huỷ giấy giới thiệu")
        case .admit:
            list.demand(
                route.isTransfer && result != nil, path, "admit.result",
                "an admission belongs to a way from cell to cell and has a signed result",
                "tiếp nhận thuộc đường đi giữa hai chi bộ và có kết quả ký số")
        case .readdress:
            list.demand(
                step.places == [.readdressing], path, "effect.place",
                "only the step at the place readdressing gives the right address",
                "chỉ bước ở vị trí readdressing mới xác định lại nơi đến")
        case .changeStay:
            list.demand(
                stayChange != nil && !route.isTransfer, path, "stay.missing",
                "a definition with stayChange, whose way has steps, changes a stay",
                "chỉ định nghĩa có mục stayChange và đường đi theo bước mới thay đổi thời gian sinh hoạt tạm thời")
        case .forward, .refuse, .sendBack, .requestSupplement, .finish: break
        }
        list.demand(
            ![.forward, .recordOpinion, .changeStay].contains(action.effect) || route.stations.last != step.name, path,
            "last.finish", "the last step of the way finishes the case", "bước cuối của đường đi phải kết thúc hồ sơ")
        list.demand(
            action.effect == .refer || action.target == nil, "\(path).to", "refer.only",
            "only the effect refer names a step", "chỉ hiệu lực refer nêu bước")
        list.demand(
            action.effect != .sendBack || route.hasDestination, path, "send-back.destination",
            "a case without a destination is never wrongly addressed",
            "hồ sơ không có nơi đến thì không thể sai địa chỉ")
    }

    private func check(
        _ guarding: Guard, of action: Action, _ step: Step, _ path: String, _ list: inout FaultList
    ) {
        switch guarding {
        case .transferNotHeld: break
        case .officesHandedOver:
            list.demand(
                step.fillsBox && step.places == [.origin] && action.effect == .forward, path, "guard.offices",
                "offices are handed over where the first box is signed", "bàn giao ở bước ký ô đầu tiên")
            list.demand(
                action.fields.contains { $0.name == .officesHandedOver && !$0.isRequired }, path,
                "guard.confirmation", "the action has no field officesHandedOver that is not required",
                "thao tác chưa có trường officesHandedOver (không bắt buộc)")
        case .periodAllowed:
            list.demand(
                period != nil, path, "guard.period", "the definition has no period", "định nghĩa chưa có mục period")
        case .opinionDue:
            list.demand(
                opinion != nil, path, "guard.opinion", "the definition has no opinion",
                "định nghĩa chưa có mục opinion")
        }
    }
}
