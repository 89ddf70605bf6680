import Foundation

/// Numbers as people read them, the same in every locale. Negative numbers have a minus sign, not a hyphen.
package enum Text {
  /// With a fixed number of decimals.
  package static func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite else { return nonFinite(value) }
    let text = String(format: "%.\(max(0, decimals))f", abs(value))
    let isZero = text.allSatisfy { $0 == "0" || $0 == "." }
    return (value < 0 && !isZero ? "−" : "") + text
  }

  /// With a number of significant digits, never in exponential form between 10⁻⁶ and 10⁹.
  package static func significant(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return nonFinite(value) }
    guard value != 0 else { return "0" }
    let exponent = Int(log10(abs(value)).rounded(.down))
    if exponent < -6 || exponent > 9 { return String(format: "%.\(digits - 1)e", value) }
    return fixed(value, digits - 1 - exponent)
  }

  /// As few digits as read back the same: 16, 0.5.
  package static func plain(_ value: Double) -> String {
    guard value.isFinite else { return nonFinite(value) }
    if let whole = Int(exactly: value) { return (whole < 0 ? "−" : "") + String(whole.magnitude) }
    return value.description.replacingOccurrences(of: "-", with: "−")
  }

  /// Decimals that show a value to the first digits of its error: two at least, six at most.
  package static func decimals(forError error: Double) -> Int {
    guard error.isFinite, error > 0 else { return 2 }
    return min(6, max(2, 1 - Int(log10(error).rounded(.down))))
  }

  /// A count with thin groups of three: 24 336.
  package static func count(_ value: Int) -> String {
    let digits = String(value.magnitude)
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { result += " " }
      result.append(digit)
    }
    return (value < 0 ? "−" : "") + result
  }

  /// A number and its noun: 1 example, 2 examples.
  package static func counted(_ value: Int, _ noun: String) -> String {
    "\(count(value)) \(noun)\(value == 1 ? "" : "s")"
  }

  /// A shape: `[28, 28]`.
  package static func shape(_ shape: [Int]) -> String { "[" + shape.map(String.init).joined(separator: ", ") + "]" }

  /// The last name of a path.
  package static func fileName(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// A path that fits into so many columns: its end, where it does not.
  package static func path(_ path: String, width: Int = 66) -> String {
    guard path.count > width else { return path }
    let tail = path.suffix(width - 1)
    // Whole names, unless the last one is too long by itself.
    guard let slash = tail.firstIndex(of: "/") else { return "…" + tail }
    return "…" + tail[slash...]
  }

  /// A duration to the precision that matters: 3.2 s, 2 min 05 s, 1 h 03 min.
  package static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "–" }
    if seconds < 9.95 { return fixed(max(0, seconds), 1) + " s" }
    let whole = Int(seconds.rounded())
    func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(padded(whole % 60)) s" }
    return "\(whole / 3600) h \(padded(whole / 60 % 60)) min"
  }

  /// A duration that is a guess: 4 s, 40 s, 4 min, 2 h.
  package static func roughDuration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "–" }
    if seconds < 0.95 { return "1 s" }
    func rounded(_ value: Double) -> Int {
      let unit: Double = value < 20 ? 1 : value < 100 ? 5 : 10
      return Int((value / unit).rounded() * unit)
    }
    if seconds < 100 { return "\(rounded(seconds)) s" }
    if seconds < 100 * 60 { return "\(rounded(seconds / 60)) min" }
    return "\(rounded(seconds / 3600)) h"
  }

  /// Breaks text into lines of at most `width` characters, at spaces.
  package static func wrapped(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty && line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    return line.isEmpty ? lines : lines + [line]
  }

  private static func nonFinite(_ value: Double) -> String {
    value.isNaN ? "–" : value < 0 ? "−∞" : "∞"
  }
}
