import Contracts
import Foundation
public import RoutingDomain
public import RoutingProcedures

/// A definition as its author names it: the code of a procedure whose definition this program brings along, or a file.
public enum ProcedureSource {
    /// The definition.
    ///
    /// - Throws: `ProcedureFileFaults`, or `UnknownProcedure` when there is neither such a procedure nor such a file.
    public static func definition(_ name: String) throws -> ProcedureDefinition {
        if let published = try ProcedureCatalogue.bundled().newest.first(where: { $0.procedure.text == name }) {
            return published
        }
        guard FileManager.default.fileExists(atPath: name) else { throw UnknownProcedure(name: name) }
        return try read(name)
    }

    /// The definition of a file.
    public static func read(_ path: String) throws -> ProcedureDefinition {
        try ProcedureDefinition.read(
            yaml: String(contentsOfFile: path, encoding: .utf8), file: (path as NSString).lastPathComponent)
    }

    /// Everything that is wrong with a file, one line for each fault; empty for a file that can be used.
    public static func faults(_ path: String) throws -> [ProcedureFileFault] {
        do {
            _ = try read(path)
            return []
        } catch let faults as ProcedureFileFaults {
            return faults.faults
        }
    }
}

/// There is no such procedure and no such file.
public struct UnknownProcedure: Error, CustomStringConvertible {
    let name: String

    public var description: String { "\(name) is neither a procedure of this program nor a file" }
}
