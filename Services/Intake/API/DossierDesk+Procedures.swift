import Contracts
import Hummingbird
import IntakeDomain
import ServiceKit

/// `GET /v1/procedures`: what is published is public (articles 5.8 and 8), no sign-in is needed.
extension DossierDesk {
    func addProcedures(to router: Router<HosoRequestContext>) {
        router.get("/v1/procedures") { _, _ in
            try Reply.json(.ok, ProcedureList(items: catalogue.all))
        }
        router.get("/v1/procedures/:code") { _, context in
            guard let code = context.parameters.get("code").flatMap({ try? ProcedureCode($0) }),
                let entry = catalogue[code]
            else { throw Problem.notFound }
            return try Reply.json(.ok, entry)
        }
    }
}

/// The published procedures.
struct ProcedureList: Encodable {
    let items: [ProcedureEntry]
}
