import CHDF5

extension Group {
  /// All datasets in the group and below it, each once, in the order of their paths' components.
  ///
  /// Datasets of a kind that is refused (virtual, external, with foreign filters, without any shape) are left out, unless there are no
  /// others.
  ///
  /// - Throws: `HDF5Error` (`tooLarge` past 10,000 objects or 64 levels, `refused`, `damaged`, `closed`).
  public func allDatasets() throws -> [Dataset] {
    let survey = try survey()
    if survey.datasets.isEmpty, let refusal = survey.refusals.first { throw refusal }
    return survey.datasets
  }

  /// What the group and everything below it hold, each object once, in the order of their paths' components.
  ///
  /// - Throws: `HDF5Error` (`tooLarge` past 10,000 objects or 64 levels, `damaged`, `closed`).
  public func survey() throws -> Survey {
    try locked {
      var search = Search()
      try search.visit(self, depth: 0)
      return search.found
    }
  }
}

extension Group {
  /// Whether there is a group of a name in this one, or a few levels below; of many groups, the first thousand are looked
  /// into.
  ///
  /// - Throws: `HDF5Error` (`damaged`, `tooLarge`, `closed`).
  public func hasGroup(named name: String, levels: Int) throws -> Bool {
    var waiting = [(group: self, level: 0)]
    var next = 0
    while next < waiting.count, next < 1000 {
      let (group, level) = waiting[next]
      next += 1
      for child in try group.children() where child.kind == .group {
        if child.name == name { return true }
        if level < levels { waiting.append((try group.group(child.name), level + 1)) }
      }
    }
    return false
  }
}

/// What is below a group.
public struct Survey: Sendable {
  /// The datasets that can be opened.
  public internal(set) var datasets: [Dataset] = []
  /// Why others can't: virtual, external, with foreign filters, without any shape.
  public internal(set) var refusals: [HDF5Error] = []
  /// Paths of what is neither group nor dataset, with what it is in words: external links, links that lead nowhere.
  public internal(set) var others: [(path: String, words: String)] = []
}

/// A walk that ends whatever links there are: an object is entered once.
private struct Search {
  private struct Identity: Hashable {
    let file: UInt
    let address: UInt64
  }

  var found = Survey()
  private var visited: Set<Identity> = []
  private let limit = 10_000
  private let deepest = 64

  mutating func visit(_ group: Group, depth: Int) throws {
    guard depth <= deepest else { throw group.place.error(.tooLarge, "groups are nested more than \(deepest) deep") }
    guard try isNew(".", in: group) else { return }
    for child in try group.children() {
      switch child.kind {
      case .group: try visit(try group.group(child.name), depth: depth + 1)
      case .dataset:
        guard try isNew(child.name, in: group) else { continue }
        do {
          found.datasets.append(try group.dataset(child.name))
        } catch let error as HDF5Error where error.code == .refused || error.code == .wrongShape {
          found.refusals.append(error)
        }
      case .other(let words):
        let target = group.externalTarget(child.name).map { " to " + $0 } ?? ""
        found.others.append(((group.path == "/" ? "" : group.path) + "/" + child.name, words + target))
      }
    }
  }

  private mutating func isNew(_ name: String, in group: Group) throws -> Bool {
    var identity = chdf5_identity()
    guard chdf5_identify(group.handle.id, name, Library.linkAccess.id, &identity) >= 0 else {
      throw group.place.failure(.damaged, "the object can't be read")
    }
    guard visited.insert(Identity(file: UInt(identity.file), address: identity.address)).inserted else { return false }
    guard visited.count <= limit else { throw group.place.error(.tooLarge, "more than \(limit) objects") }
    return true
  }
}
