/// Since when a procedure is taken electronically: dated data of the tree, where the nearest organisation decides.
extension OrganizationState.Activation {
    /// Why the procedure is not taken from a cell's members today; nothing when it is.
    ///
    /// - Parameters:
    ///   - path: the cell and its superiors, the cell first.
    ///   - isElectronicByDefault: what holds where none of them says anything.
    public static func fault(
        of procedure: ProcedureCode, above path: [OrganizationState], isElectronicByDefault: Bool, today: Day
    ) -> InvalidValue? {
        let settled = path.lazy.compactMap { $0.activations?.first { $0.procedure == procedure } }.first
        guard let settled else { return isElectronicByDefault ? nil : notYet(nil) }
        return settled.electronicFrom <= today ? nil : notYet(settled.electronicFrom)
    }

    private static func notYet(_ day: Day?) -> InvalidValue {
        InvalidValue(
            field: "procedure", rule: "procedure.not-active",
            vietnamese: day.map { "Thủ tục này tiếp nhận điện tử từ ngày \($0); trước đó xin nộp bản giấy." }
                ?? "Thủ tục này chưa tiếp nhận điện tử tại tổ chức của đồng chí; xin nộp bản giấy.",
            english: day.map { "The procedure is taken electronically from \($0); until then hand it in on paper." }
                ?? "The procedure is not taken electronically at your organisation yet; hand it in on paper.")
    }
}
