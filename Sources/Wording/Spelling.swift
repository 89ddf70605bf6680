/// Suggestions for names that are probably misspelt.
package enum Spelling {
  /// `; did you mean x?` for a name near enough, otherwise nothing.
  package static func suggestion(for name: String, among names: some Sequence<String>) -> String {
    nearest(to: name, among: names).map { "; did you mean \($0)?" } ?? ""
  }

  /// The candidate with the fewest changes, if they are at most a third of the name, or one that begins with it.
  package static func nearest(to name: String, among names: some Sequence<String>) -> String? {
    let plain = canonical(name)
    let ranked = names.map { candidate in
      let full = canonical(candidate)
      // logvar and the like are abbreviations rather than mistakes.
      let isAbbreviation = plain.count >= 3 && full.starts(with: plain)
      return (name: candidate, distance: isAbbreviation ? 1 : distance(plain, full))
    }
    guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(1, min(plain.count, best.name.count) / 3) ? best.name : nil
  }

  /// `LogVariance`, `log-variance` and `logvariance` are all meant to be `log_variance`.
  private static func canonical(_ name: String) -> [Character] {
    name.prefix(64).lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " }.map { $0 }
  }

  /// Insertions, deletions, substitutions and swaps of neighbours that make one word the other.
  package static func distance(_ first: [Character], _ second: [Character]) -> Int {
    var rows = [Array(0...second.count)]
    for (i, a) in first.enumerated() {
      var row = [i + 1]
      for (j, b) in second.enumerated() {
        var best = min(row[j] + 1, rows[i][j + 1] + 1, rows[i][j] + (a == b ? 0 : 1))
        if i > 0, j > 0, a == second[j - 1], first[i - 1] == b { best = min(best, rows[i - 1][j - 1] + 1) }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[first.count][second.count]
  }
}
