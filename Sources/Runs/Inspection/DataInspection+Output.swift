package import JSON
import Wording

extension DataInspection {
  package var warnings: [RunWarning] { [] }

  /// The report for people.
  package func text(in words: any RunWords) -> String {
    guard !datasets.isEmpty || !others.isEmpty else { return "\(path): no datasets" }
    var lines = [path]
    if !datasets.isEmpty {
      var table = TextTable([.left, .left, .left, .left, .left])
      table.add(["dataset", "shape", "type", "storage", "values"])
      for run in runs {
        let name = run.count > 1 ? "\(run[0].path) and \(Text.count(run.count - 1)) more" : run[0].path
        let storage = run[0].rowsPerChunk.map { "chunks of \(Text.counted($0, "row"))" } ?? "in one piece"
        table.add([name, Text.shape(run[0].shape), run[0].type, storage, DataInspection.words(run)])
      }
      lines += table.lines
    }
    let shown = 20
    lines += others.prefix(shown).map { "  \($0.path) is not read: \($0.words)" }
    if others.count > shown { lines.append("  and \(Text.count(others.count - shown)) more that are not read") }
    return lines.joined(separator: "\n")
  }

  /// Entries one after the other; many of one group, shape and type are one line.
  private var runs: [[Entry]] {
    let most = 20
    var result: [[Entry]] = []
    for entry in datasets {
      if let last = result.last?.last, last.isLike(entry) {
        result[result.count - 1].append(entry)
      } else {
        result.append([entry])
      }
    }
    return result.flatMap { $0.count > most ? [$0] : $0.map { [$0] } }
  }

  private static func words(_ run: [Entry]) -> String {
    guard run.count > 1 else { return run[0].words }
    return Entry(
      path: "", shape: run[0].shape, type: run[0].type, rowsPerChunk: nil,
      values: run.compactMap(\.values).reduce(into: Values()) { $0.add($1) }, trouble: nil
    ).words
  }

  /// The same for programs.
  package func json(in words: any RunWords) -> JSONValue {
    [
      "command": "inspect", "kind": "data", "path": .string(path), "datasets": .array(datasets.map(\.json)),
      "unread": .array(others.map { ["path": .string($0.path), "reason": .string($0.words)] }),
    ]
  }
}

extension DataInspection.Entry {
  /// Whether another is of the same group, shape and type.
  fileprivate func isLike(_ other: Self) -> Bool {
    func group(_ path: String) -> Substring { path[..<(path.lastIndex(of: "/") ?? path.startIndex)] }
    return shape == other.shape && type == other.type && trouble == nil && other.trouble == nil
      && rowsPerChunk == other.rowsPerChunk && group(path) == group(other.path)
  }

  fileprivate var json: JSONValue {
    [
      "path": .string(path),
      "shape": JSONValue(shape),
      "type": .string(type),
      "rowsPerChunk": JSONValue(rowsPerChunk),
      "min": JSONValue(values?.minimum),
      "max": JSONValue(values?.maximum),
      "nonFinite": JSONValue(values?.nonFinite),
      "trouble": trouble.map { .string($0) } ?? .null,
    ]
  }

  fileprivate var words: String {
    if let trouble { return trouble }
    guard let values else { return shape.contains(0) ? "none" : "" }
    if values.minimum == values.maximum && values.nonFinite == 0 { return "all \(Text.plain(values.minimum))" }
    if values.isBinary { return "0 and 1" }
    var words = "none finite"
    if values.minimum <= values.maximum {
      let ends = [values.minimum, values.maximum]
      words = ends.map { values.isWhole ? Text.plain($0) : Text.significant($0, 4) }.joined(separator: " to ")
    }
    if values.nonFinite > 0 { words += ", \(Text.count(values.nonFinite)) NaN or infinite" }
    return words
  }
}
