import Evidence
import HDF5
import ModelFile

/// What a file holds, whatever kind it is of.
package enum Inspection {
  /// Looks at a model, a dataset or a results file.
  ///
  /// - Throws: `RunError` where it is of a kind that is not read; `HDF5Error` where it can't be.
  package static func of(_ file: String, host: any RunHost) throws -> any RunOutcome {
    let kind = try FileKind(of: file)
    if kind == .numpyArray || kind == .numpyArchive { return try DataInspection(numpy: file) }
    if kind == .keras { throw RunError.notImported(path: file) }
    if ![.model, .results, .hdf5, .unknown, .empty].contains(kind) { try FileRole.data.check(file) }
    let opened = try HDF5.File(reading: file)
    let root = try opened.root
    switch try root.attributeType("format") == .string ? root.string("format") : nil {
    case ModelFile.format?: return ModelInspection(path: file, description: try ModelFile.parse(opened))
    case "evidence-results"?: return try ResultsInspection(ResultsFile(reading: file))
    default: return try DataInspection(opened, host: host)
    }
  }
}
