import HDF5
import Models
import Wording

/// A group of a model file, read strictly: whatever is wrong goes to the log, and the value is then nil.
struct Node {
  let group: Group
  let log: ProblemLog
  let children: [Group.Child]
  private let kinds: [String: Group.Child.Kind]

  init(_ group: Group, _ log: ProblemLog) {
    self.group = group
    self.log = log
    children = log.attempt(group.path) { try group.children() } ?? []
    kinds = Dictionary(children.map { ($0.name, $0.kind) }) { first, _ in first }
  }

  var path: String { group.path }

  func path(of child: String) -> String { (path == "/" ? "" : path) + "/" + child }

  func report(_ message: String) { log.report(path, message) }

  // MARK: Children

  func has(_ name: String) -> Bool { kinds[name] != nil }

  func isGroup(_ name: String) -> Bool { kinds[name] == .group }

  /// A subgroup; nil, without a problem, where there is none.
  func optional(_ name: String) -> Node? {
    guard has(name) else { return nil }
    return log.attempt(path(of: name)) { Node(try group.group(name), log) }
  }

  /// A subgroup that must be there.
  func required(_ name: String) -> Node? {
    if !has(name) { log.report(path(of: name), "the group is missing") }
    return optional(name)
  }

  /// Reports children other than these. Returns the names that were probably meant.
  @discardableResult
  func allow(only names: [String], in what: String) -> Set<String> {
    var meant: Set<String> = []
    for child in children where !names.contains(child.name) {
      let kind =
        switch child.kind {
        case .group: "group"
        case .dataset: "dataset"
        case .other(let words): words
        }
      let missing = names.filter { !has($0) }
      log.report(
        path(of: child.name), "unknown \(kind) in \(what)" + Spelling.suggestion(for: child.name, among: missing))
      if let name = Spelling.nearest(to: child.name, among: missing) { meant.insert(name) }
    }
    return meant
  }

  /// The subgroups `first`, `first + 1`, …, which must be all children.
  func numbered(from first: Int, _ what: String) -> [Node] {
    let numbers = children.compactMap { child in Int(child.name).flatMap { String($0) == child.name ? $0 : nil } }
    let named = Set(numbers.map(String.init))
    for child in children where !named.contains(child.name) {
      log.report(path(of: child.name), "unknown name among numbered \(what); expected \(first), \(first + 1), …")
    }
    let sorted = numbers.sorted()
    if sorted != Array(first..<first + sorted.count) {
      report(
        "\(what) must be numbered from \(first) without gaps; found "
          + sorted.prefix(12).map(String.init).joined(separator: ", ") + (sorted.count > 12 ? ", …" : ""))
    }
    return sorted.compactMap { optional(String($0)) }
  }

  // MARK: Attributes

  /// Whether an attribute is this word.
  func isWord(_ name: String, _ word: String) -> Bool {
    (try? group.attributeType(name)) == .string && (try? group.string(name)) == word
  }

  func string(_ name: String) -> String? { log.attempt(path) { try group.string(name) } }
  func integer(_ name: String) -> Int? { log.attempt(path) { try group.integer(name) } }
  func integers(_ name: String) -> [Int]? { log.attempt(path) { try group.integers(name) } }
  func boolean(_ name: String) -> Bool? { log.attempt(path) { try group.boolean(name) } }

  /// A finite number.
  func double(_ name: String) -> Double? {
    guard let value = log.attempt(path, { try group.double(name) }) else { return nil }
    if value.isFinite { return value }
    report("attribute \(name) is \(value); expected a finite number")
    return nil
  }

  /// Whole numbers, as many as said and none below `least`.
  func integers(_ name: String, count: Int, least: Int) -> [Int]? {
    guard let values = integers(name) else { return nil }
    if values.count == count, values.allSatisfy({ $0 >= least && $0 <= Int(Int32.max) }) { return values }
    report(
      "attribute \(name) is \(Wording.shape(values)); expected \(Wording.count(count, "whole number")), "
        + "\(least) or more each")
    return nil
  }

  /// One of the words that an attribute may be; nil, without a problem, where it is absent.
  func word<Value>(_ name: String, _ words: [(String, Value)]) -> Value? {
    guard let text = string(name) else { return nil }
    if let match = words.first(where: { $0.0 == text }) { return match.1 }
    let names = words.map(\.0)
    report(
      "unknown \(name) \"\(text)\""
        + (Spelling.nearest(to: text, among: names).map { "; did you mean \"\($0)\"?" }
          ?? "; expected \(Wording.oneOf(names))"))
    return nil
  }

  /// The same, where it must be there.
  func requiredWord<Value>(_ name: String, _ words: [(String, Value)]) -> Value? {
    if log.attempt(path, { try group.attributeType(name) }) == nil {
      report("attribute \(name) is missing; expected \(Wording.oneOf(words.map(\.0)))")
      return nil
    }
    return word(name, words)
  }
}
