/// Examples whose elements have names, brought into a model's order: genes, say. Elements that the model does not name are left
/// out.
struct NamedVariables: FileSource {
  private let base: any FileSource
  /// For each of the model's elements, which of the stored ones it is.
  private let places: [Int]
  let notes: [String]

  /// Nil where the examples come without names, or the model has none: elements are then taken in order.
  ///
  /// - Throws: `EvidenceError` (`invalidData`) where a name of the model is missing, or is there twice.
  init?(_ source: some ExampleSource, in names: [String]?) throws {
    guard let names, let base = source as? any FileSource, let stored = try base.variableNames else { return nil }
    self.base = base
    var index: [String: Int] = [:]
    var twice: Set<String> = []
    for (place, name) in stored.enumerated() where index.updateValue(place, forKey: name) != nil { twice.insert(name) }
    let missing = names.filter { index[$0] == nil }
    guard missing.isEmpty else {
      let shown = missing.prefix(3).joined(separator: ", ") + (missing.count > 3 ? ", …" : "")
      throw EvidenceError(
        .invalidData,
        "\(missing.count) of the \(names.count) variables that the model names are not among the data's "
          + "\(stored.count): \(shown); are these names of another kind (symbols, identifiers)?")
    }
    if let name = names.first(where: twice.contains) {
      throw EvidenceError(.invalidData, "the data name \(name) more than once; make the names unique")
    }
    places = names.compactMap { index[$0] }
    guard places != Array(stored.indices) else {
      notes = base.notes
      return
    }
    let rest = stored.count - names.count
    notes =
      base.notes + [
        "variables are taken by name in the model's order"
          + (rest == 0 ? "" : "; \(rest) of the data's \(stored.count) are not the model's, and are left out")
      ]
  }

  var file: String { base.file }
  var path: String { base.path }
  var storesIntegers: Bool { base.storesIntegers }
  var count: Int { base.count }
  var exampleShape: [Int] { [places.count] }
  var variableNames: [String]? { get throws { nil } }
  var exampleNames: [String]? { get throws { try base.exampleNames } }

  func read(_ rows: Range<Int>, into values: UnsafeMutableBufferPointer<Float>) throws {
    let size = base.exampleShape.reduce(1, *)
    var stored = [Float](repeating: 0, count: rows.count * size)
    try stored.withUnsafeMutableBufferPointer { try base.read(rows, into: $0) }
    for row in 0..<rows.count {
      for (element, place) in places.enumerated() { values[row * places.count + element] = stored[row * size + place] }
    }
  }

  func readUnrounded(_ rows: Range<Int>) throws -> [Double]? {
    guard let stored = try base.readUnrounded(rows) else { return nil }
    let size = base.exampleShape.reduce(1, *)
    return (0..<rows.count).flatMap { row in places.map { stored[row * size + $0] } }
  }
}
