import Foundation

/// A chart as SVG: axes, marks, and words for those who can't see it. Nothing depends on colour alone; colours are those of
/// the page's style sheet, by class.
///
/// A chart is drawn for the width of a telephone and grows with the page by a little, so that its letters stay readable.
struct Chart {
  /// An axis: its scale, what it shows and in which unit.
  struct Axis {
    var name: String
    var scale: Scale
    /// Ticks where those of the scale are not wanted.
    var ticks: [Scale.Tick]?

    init(_ name: String, _ scale: Scale, ticks: [Scale.Tick]? = nil) {
      self.name = name
      self.scale = scale
      self.ticks = ticks
    }
  }

  /// What is shown, in a few words: the accessible name.
  let title: String
  /// What is to be seen, in a sentence: the accessible description.
  let summary: String
  let x, y: Axis
  let width = 380.0
  let height: Double
  /// The area that marks are drawn in.
  let left, right, top, bottom: Double
  private var marks = Markup()
  private var annotations = Markup()
  private var occupied: [Box] = []

  private struct Box {
    var left, right, top, bottom: Double

    func overlaps(_ other: Box) -> Bool {
      left < other.right && other.left < right && top < other.bottom && other.top < bottom
    }
  }

  init(_ title: String, summary: String, x: Axis, y: Axis, height: Double = 236) {
    self.title = title
    self.summary = summary
    self.x = x
    self.y = y
    self.height = height
    let labels = y.ticks ?? y.scale.ticks()
    left = max(28, 12 + (labels.map { Chart.width(of: $0.label) }.max() ?? 0))
    right = width - 12
    top = y.name.isEmpty ? 12 : 28
    bottom = height - 42
  }

  /// About how wide a text is, in the letters of an axis.
  static func width(of text: String) -> Double {
    text.unicodeScalars.reduce(0) { sum, scalar in
      switch scalar {
      case ".", ",", " ", "\u{2009}", "i", "l", "'", "|", ":": sum + 4.1
      case "\u{302}": sum
      case "m", "w", "M", "W", "−", "≥", "≤", "±", "=": sum + 10.4
      case "⁰"..."⁹", "⁻", "¹", "²", "³": sum + 5.4
      default: sum + 7.8
      }
    }
  }

  /// The place of a value along the horizontal axis, kept inside of it.
  func horizontal(_ value: Double) -> Double { left + (right - left) * min(1, max(0, x.scale.fraction(value))) }

  /// The place of a value along the vertical axis, kept inside of it.
  func vertical(_ value: Double) -> Double { bottom - (bottom - top) * min(1, max(0, y.scale.fraction(value))) }

  /// A coordinate with as many decimals as can be seen.
  static func coordinate(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return tenths.isMultiple(of: 10)
      ? "\(tenths / 10)" : "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
  }

  /// Adds a mark.
  mutating func draw(_ mark: Markup) { marks += mark }

  /// Adds words beside a mark, the first of some places where they fit; false where they fit nowhere.
  @discardableResult
  mutating func write(
    _ words: String, at places: [(x: Double, y: Double, anchor: String)], class style: String = "note"
  ) -> Bool {
    let length = Chart.width(of: words)
    for place in places {
      let start = place.anchor == "middle" ? place.x - length / 2 : place.anchor == "end" ? place.x - length : place.x
      let box = Box(left: start, right: start + length, top: place.y - 11, bottom: place.y + 3)
      guard box.left >= left - 24, box.right <= width, box.top >= 14, box.bottom <= bottom,
        !occupied.contains(where: box.overlaps)
      else { continue }
      occupied.append(box)
      annotations += Markup(
        "text",
        [
          "class": style, "x": Chart.coordinate(place.x), "y": Chart.coordinate(place.y), "text-anchor": place.anchor,
        ], Markup(words))
      return true
    }
    return false
  }

  /// Keeps words off a place where there is a mark.
  mutating func reserve(x: Double, y: Double, radius: Double = 3) {
    occupied.append(Box(left: x - radius, right: x + radius, top: y - radius, bottom: y + radius))
  }

  /// The chart.
  var svg: Markup {
    Markup(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "viewBox": "0 0 \(Chart.coordinate(width)) \(Chart.coordinate(height))",
        "role": "img", "class": "chart",
      ],
      parts)
  }

  /// What the chart is made of.
  var parts: [Markup] {
    [
      Markup("title", [:], Markup(title)), Markup("desc", [:], Markup(summary)), verticalAxis, horizontalAxis,
      Markup("g", ["class": "marks"], marks), annotations,
    ]
  }

  /// Names with their marks, in the corner at the right end below.
  mutating func legend(_ entries: [(name: String, marker: Marker, style: String)]) {
    let length = entries.map { Chart.width(of: $0.name) }.max() ?? 0
    for (row, entry) in entries.enumerated() {
      let height = bottom - 8 - 15 * Double(entries.count - 1 - row)
      let start = right - length - 4
      draw(
        Markup(
          "path",
          ["class": "\(entry.style) \(entry.marker.paint)", "d": entry.marker.path(start - 9, height - 4, 3)]))
      annotations += Chart.text(entry.name, start, height, "start", "note")
    }
  }

  private var horizontalAxis: Markup {
    var result = Chart.line(left, bottom, right, bottom, "axis")
    let ticks = (x.ticks ?? x.scale.ticks()).filter { x.scale.contains($0.value) }
    var taken: [ClosedRange<Double>] = []
    // Where there is no room for all labels, those at the ends come first.
    let order = ticks.indices.sorted { a, b in
      func rank(_ index: Int) -> Int { index == ticks.count - 1 ? 0 : index == 0 ? 1 : 2 + index }
      return rank(a) < rank(b)
    }
    var labelled: Set<Int> = []
    for index in order {
      let half = Chart.width(of: ticks[index].label) / 2 + 3
      let center = center(ticks[index])
      let range = center - half...center + half
      if taken.contains(where: { $0.overlaps(range) }) { continue }
      taken.append(range)
      labelled.insert(index)
    }
    for (index, tick) in ticks.enumerated() {
      let place = horizontal(tick.value)
      result += Chart.line(place, bottom, place, bottom + 4, "axis")
      guard labelled.contains(index) else { continue }
      result += Chart.text(tick.label, center(tick), bottom + 17, "middle")
    }
    if !x.name.isEmpty { result += Chart.text(x.name, (left + right) / 2, height - 6, "middle", "name") }
    return Markup("g", ["class": "x"], result)
  }

  /// The middle of a tick's label: at the tick, but inside of the picture.
  private func center(_ tick: Scale.Tick) -> Double {
    let half = Chart.width(of: tick.label) / 2
    return min(max(horizontal(tick.value), half + 1), width - half - 1)
  }

  private var verticalAxis: Markup {
    var result = Markup()
    for tick in (y.ticks ?? y.scale.ticks()) where y.scale.contains(tick.value) {
      let place = vertical(tick.value)
      result += Chart.line(left, place, right, place, "grid")
      result += Chart.text(tick.label, left - 6, place + 4, "end")
    }
    if !y.name.isEmpty { result += Chart.text(y.name, 2, 13, "start", "name") }
    return Markup("g", ["class": "y"], result)
  }

  /// A line.
  static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) -> Markup {
    Markup(
      "line",
      ["class": style, "x1": coordinate(x1), "y1": coordinate(y1), "x2": coordinate(x2), "y2": coordinate(y2)])
  }

  private static func text(_ words: String, _ x: Double, _ y: Double, _ anchor: String, _ style: String = "tick")
    -> Markup
  {
    Markup(
      "text", ["class": style, "x": coordinate(x), "y": coordinate(y), "text-anchor": anchor], Markup(words))
  }
}
