import Contracts

/// Since when procedures run electronically in a part of the tree: dated data of its organisations, never code.
enum ActivationRule {
    static func faults(of activations: [OrganizationState.Activation]) -> [InvalidValue] {
        var faults: [InvalidValue] = []
        var procedures: Set<ProcedureCode> = []
        for (index, activation) in activations.enumerated() {
            if !procedures.insert(activation.procedure).inserted {
                faults.append(twice("activations[\(index)].procedure"))
            }
            // Paper may have ended the day before at the earliest: no day is without a way.
            if let last = activation.paperUntil, last < activation.electronicFrom.adding(days: -1) {
                faults.append(gap("activations[\(index)].paperUntil"))
            }
        }
        return faults
    }

    private static func twice(_ field: String) -> InvalidValue {
        InvalidValue(
            field: field, rule: "activation.twice", vietnamese: "Mỗi thủ tục chỉ có một mốc kích hoạt ở một tổ chức.",
            english: "A procedure is activated once at an organisation.")
    }

    private static func gap(_ field: String) -> InvalidValue {
        InvalidValue(
            field: field, rule: "activation.gap",
            vietnamese: "Bản giấy chỉ được ngừng sau khi thủ tục đã thực hiện trên môi trường điện tử.",
            english: "Paper does not end before the procedure runs electronically.")
    }
}
