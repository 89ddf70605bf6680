/// Which of the contiguous parts of the examples a process evaluates: given, or found out from its launcher.
package enum ShardChoice: Sendable, Equatable {
  case given(Shard)
  case auto

  /// `I/N`, or `auto`.
  package init?(_ text: String) {
    if text == "auto" {
      self = .auto
    } else {
      guard let shard = Shard(text) else { return nil }
      self = .given(shard)
    }
  }

  /// The shard, and who says so.
  func resolved(in environment: [String: String]) throws -> (shard: Shard, source: Launcher.Source) {
    switch self {
    case .given(let shard): (shard, .caller)
    case .auto: try Launcher.shard(in: environment)
    }
  }
}

/// One of `count` contiguous parts, numbered from 0.
package struct Shard: Sendable, Equatable {
  package let index: Int
  package let count: Int

  init(index: Int, count: Int) {
    self.index = index
    self.count = count
  }

  /// `I/N`, I below N.
  init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let index = parts[0], let count = parts[1], 0 <= index, index < count else { return nil }
    self.init(index: index, count: count)
  }

  /// The part of a range. Parts differ by one example at most.
  func part(of range: Range<Int>) throws -> Range<Int> {
    func bound(_ index: Int) -> Int {
      // Without a product that could overflow.
      let (whole, rest) = range.count.quotientAndRemainder(dividingBy: count)
      return range.lowerBound + whole * index + min(index, rest)
    }
    let part = bound(index)..<bound(index + 1)
    guard !part.isEmpty else {
      throw RunError.emptyShard(self, examples: range.count)
    }
    return part
  }

  /// The name of a shard's results: that of all, with the range before the ending.
  static func path(_ path: String, range: Range<Int>, of count: Int) -> String {
    let base = path.hasSuffix(".h5") ? String(path.dropLast(3)) : path
    func padded(_ number: Int) -> String {
      String(repeating: "0", count: max(0, String(count).count - String(number).count)) + String(number)
    }
    return "\(base)-\(padded(range.lowerBound))-\(padded(range.upperBound)).h5"
  }
}
