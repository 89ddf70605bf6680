import Compression
import Foundation

/// Several arrays of numpy in one file (.npz): a zip archive with a `.npy` file for each.
struct NumpyArchive {
  private let archive: ZipArchive
  private let file: String

  /// The archive that bytes are.
  init(_ bytes: Data, file: String) throws {
    self.file = file
    do { archive = try ZipArchive(bytes, file: file) } catch let error as ZipError {
      throw EvidenceError(.invalidData, error.description)
    }
  }

  /// Whether a zip archive is one of numpy's.
  static func isArchive(_ names: [String]) -> Bool { !names.isEmpty && names.allSatisfy { $0.hasSuffix(".npy") } }

  private var arrays: [ZipArchive.Member] { archive.members.filter { $0.name.hasSuffix(".npy") } }

  /// The names of the arrays.
  var names: [String] { arrays.map { String($0.name.dropLast(4)) } }

  private func open(_ member: ZipArchive.Member) throws -> (name: String, array: NumpyArray) {
    do {
      let content = try archive.contents(of: member)
      let name = String(member.name.dropLast(4))
      return (name, try NumpyArray(Data(content), place: "\(file): \(name)"))
    } catch let error as ZipError { throw EvidenceError(.invalidData, error.description) }
  }

  /// The array of a name; without one, the only one of two or more axes.
  func array(named name: String?) throws -> (name: String, array: NumpyArray) {
    if let name {
      let plain = name.drop { $0 == "/" }
      guard let member = arrays.first(where: { $0.name.dropLast(4) == plain || $0.name == plain }) else {
        throw EvidenceError(
          .invalidData,
          "\(file): no array \(plain); there are \(NumpyArchive.list(names))")
      }
      return try open(member)
    }
    guard !arrays.isEmpty else {
      throw EvidenceError(
        .invalidData,
        "\(file): a zip archive without arrays of numpy; it holds "
          + NumpyArchive.list(archive.members.map(\.name)))
    }
    if Set(names).isSuperset(of: ["indices", "indptr", "data", "shape"]) {
      throw EvidenceError(
        .invalidData,
        "\(file): a sparse matrix of scipy, whose parts are no examples; in Python: "
          + "numpy.save(\"data.npy\", scipy.sparse.load_npz(\"\(file)\").toarray())")
    }
    var candidates: [(name: String, array: NumpyArray)] = []
    var refused: (any Error)?
    for member in arrays {
      do {
        let opened = try open(member)
        if opened.array.shape.count >= 2 { candidates.append(opened) }
      } catch { refused = refused ?? error }
    }
    if let only = candidates.first, candidates.count == 1 { return only }
    if candidates.isEmpty, let refused { throw refused }
    guard !candidates.isEmpty else {
      throw EvidenceError(
        .invalidData, "\(file): no array of two or more axes, [N, …]; there are \(NumpyArchive.list(names))")
    }
    let list = NumpyArchive.list(candidates.map { "\($0.name) \($0.array.shape)" })
    throw EvidenceError(
      .invalidData, "\(file): \(candidates.count) arrays could be meant: \(list)", remedies: [.nameDataset])
  }

  /// A few names, and how many more there are.
  private static func list(_ names: [String]) -> String {
    let shown = 6
    let first = names.prefix(shown).map { $0.count > 80 ? $0.prefix(80) + "…" : $0 }
    return first.joined(separator: ", ") + (names.count > shown ? " and \(names.count - shown) more" : "")
  }
}
