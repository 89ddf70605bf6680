import Foundation

/// What charts are made of.
extension Chart {
  /// A bar between two values of the horizontal axis, from the bottom up to a height.
  mutating func bar(from lower: Double, to upper: Double, height value: Double, style: String = "bar", words: String) {
    let (start, end) = (horizontal(lower), horizontal(upper))
    // A hair of air between bars that are wide enough for it.
    let gap = end - start > 4 ? 0.5 : 0
    let peak = min(vertical(value), bottom - (value > y.scale.lower ? 0.7 : 0))
    draw(
      Markup(
        "rect",
        [
          "class": style, "x": Chart.precise(start + gap), "y": Chart.coordinate(peak),
          "width": Chart.precise(max(0.3, end - start - 2 * gap)), "height": Chart.precise(max(0, bottom - peak)),
        ], Markup("title", [:], Markup(words))))
  }

  /// A broken line through points. Words keep off it.
  mutating func line(through points: [(x: Double, y: Double)], style: String = "line") {
    guard points.count > 1 else { return }
    let path = points.enumerated().map { index, point in
      "\(index == 0 ? "M" : "L")\(Chart.coordinate(horizontal(point.x))) \(Chart.coordinate(vertical(point.y)))"
    }
    draw(Markup("path", ["class": style, "d": path.joined()]))
    for (start, end) in zip(points, points.dropFirst()) {
      let from = (x: horizontal(start.x), y: vertical(start.y))
      let to = (x: horizontal(end.x), y: vertical(end.y))
      let steps = max(1, Int(max(abs(to.x - from.x), abs(to.y - from.y)) / 5))
      for step in 0...steps {
        let share = Double(step) / Double(steps)
        reserve(x: from.x + share * (to.x - from.x), y: from.y + share * (to.y - from.y), radius: 1)
      }
    }
  }

  /// A dot with words that appear when it is pointed at.
  mutating func dot(_ x: Double, _ y: Double, style: String = "dot", radius: Double = 3.2, words: String) {
    reserve(x: horizontal(x), y: vertical(y), radius: radius)
    draw(
      Markup(
        "circle",
        [
          "class": style, "cx": Chart.coordinate(horizontal(x)), "cy": Chart.coordinate(vertical(y)),
          "r": Chart.coordinate(radius),
        ], Markup("title", [:], Markup(words))))
  }

  /// Many marks of one shape in a single path.
  mutating func scatter(_ points: [(x: Double, y: Double)], _ shape: Marker, size: Double = 2.4, style: String) {
    guard !points.isEmpty else { return }
    for point in points { reserve(x: horizontal(point.x), y: vertical(point.y), radius: size) }
    var path = ""
    for point in points { path += shape.path(horizontal(point.x), vertical(point.y), size) }
    draw(Markup("path", ["class": "\(style) \(shape.paint)", "d": path]))
  }

  /// An interval along the vertical axis, with caps.
  mutating func whisker(_ x: Double, from lower: Double, to upper: Double) {
    guard lower.isFinite, upper.isFinite else { return }
    let (place, low, high) = (horizontal(x), vertical(lower), vertical(upper))
    let c = Chart.coordinate
    let path =
      "M\(c(place)) \(c(low))V\(c(high))M\(c(place - 2.5)) \(c(low))H\(c(place + 2.5))"
      + "M\(c(place - 2.5)) \(c(high))H\(c(place + 2.5))"
    draw(Markup("path", ["class": "whisker", "d": path]))
  }

  /// A vertical broken line at a value, and its name at the top.
  mutating func verticalRule(_ value: Double, _ words: String, style: String = "threshold") {
    guard x.scale.contains(value) else { return }
    let place = horizontal(value)
    draw(Chart.line(place, top, place, bottom, style))
    let after = (x: place + 4, y: top + 11, anchor: "start")
    let before = (x: place - 4, y: top + 11, anchor: "end")
    let places = place < (left + right) / 2 ? [after, before] : [before, after]
    // Beside the line wherever it is free of points, from the top down; else above the picture.
    let steps = stride(from: 0.0, through: max(0, bottom - top - 14), by: 14)
    let above = (x: min(max(place, left + Chart.width(of: words) / 2), width - Chart.width(of: words) / 2), y: top - 3)
    write(
      words,
      at: steps.flatMap { step in places.map { ($0.x, $0.y + step, $0.anchor) } } + [(above.x, above.y, "middle")])
  }

  /// A horizontal broken line at a value, and its name.
  mutating func horizontalRule(_ value: Double, _ words: String, style: String = "threshold") {
    guard y.scale.contains(value) else { return }
    let place = vertical(value)
    draw(Chart.line(left, place, right, place, style))
    guard !words.isEmpty else { return }
    let length = Chart.width(of: words)
    let between = stride(from: right - 2 - length, through: left + 4, by: -12).flatMap {
      [($0, place - 4, "start"), ($0, place + 13, "start")]
    }
    write(
      words,
      at: [
        (right - 2, place - 4, "end"), (right - 2, place + 13, "end"), (left + 4, place - 4, "start"),
        (left + 4, place + 13, "start"),
      ] + between)
  }

  /// Very many points, as the number of them in the cells of a grid: the more, the stronger, in steps of a power of the
  /// largest number. Returns the largest number in a cell.
  @discardableResult
  mutating func density(_ points: some Sequence<(x: Double, y: Double)>, columns: Int = 66, rows: Int = 34) -> Int {
    var counts = Array(repeating: 0, count: columns * rows)
    for point in points {
      let column = min(columns - 1, max(0, Int(x.scale.fraction(point.x) * Double(columns))))
      let row = min(rows - 1, max(0, Int(y.scale.fraction(point.y) * Double(rows))))
      counts[row * columns + column] += 1
    }
    let largest = counts.max() ?? 0
    guard largest > 0 else { return 0 }
    let (wide, high) = ((right - left) / Double(columns), (bottom - top) / Double(rows))
    let levels = 5
    var paths = Array(repeating: "", count: levels)
    for (cell, count) in counts.enumerated() where count > 0 {
      let share = log(Double(count) + 1) / log(Double(largest) + 1)
      let level = min(levels - 1, Int(share * Double(levels)))
      let (column, row) = (cell % columns, cell / columns)
      let corner = (left + Double(column) * wide, bottom - Double(row + 1) * high)
      let (w, h) = (Chart.precise(wide), Chart.precise(high))
      paths[level] += "M\(Chart.precise(corner.0)) \(Chart.precise(corner.1))h\(w)v\(h)h-\(w)z"
    }
    for (level, path) in paths.enumerated() where !path.isEmpty {
      draw(Markup("path", ["class": "cell cell\(level + 1)", "d": path]))
    }
    return largest
  }

  static func precise(_ value: Double) -> String { String(format: "%.2f", value) }
}

/// The shape of a mark, so that kinds can be told apart without colour.
enum Marker: Int, CaseIterable {
  case disc, square, triangle, diamond, plus, cross, downTriangle, ring, hollowSquare, hollowTriangle

  /// Whether the inside is painted or the outline, as the style sheet calls it.
  var paint: String {
    switch self {
    case .disc, .square, .triangle, .diamond, .downTriangle: "filled"
    case .plus, .cross, .ring, .hollowSquare, .hollowTriangle: "hollow"
    }
  }

  /// The shape about a point.
  func path(_ x: Double, _ y: Double, _ size: Double) -> String {
    func c(_ value: Double) -> String { Chart.coordinate(value) }
    let s = size
    switch self {
    case .disc, .ring:
      let (r, d) = (c(s), c(2 * s))
      return "M\(c(x - s)) \(c(y))a\(r) \(r) 0 1 0 \(d) 0a\(r) \(r) 0 1 0 -\(d) 0"
    case .square, .hollowSquare:
      let side = c(1.8 * s)
      return "M\(c(x - 0.9 * s)) \(c(y - 0.9 * s))h\(side)v\(side)h-\(side)z"
    case .triangle, .hollowTriangle: return "M\(c(x)) \(c(y - 1.2 * s))l\(c(1.15 * s)) \(c(2 * s))h-\(c(2.3 * s))z"
    case .downTriangle: return "M\(c(x)) \(c(y + 1.2 * s))l\(c(1.15 * s)) \(c(-2 * s))h-\(c(2.3 * s))z"
    case .diamond:
      let r = c(1.25 * s)
      return "M\(c(x)) \(c(y - 1.25 * s))l\(r) \(r)l-\(r) \(r)l-\(r) -\(r)z"
    case .plus:
      let (r, d) = (1.25 * s, c(2.5 * s))
      return "M\(c(x - r)) \(c(y))h\(d)M\(c(x)) \(c(y - r))v\(d)"
    case .cross:
      let (r, d) = (s, c(2 * s))
      return "M\(c(x - r)) \(c(y - r))l\(d) \(d)M\(c(x - r)) \(c(y + r))l\(d) -\(d)"
    }
  }

  /// The shape alone, for a legend.
  func key(style: String) -> Markup {
    Markup(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "viewBox": "0 0 10 10", "class": "key", "aria-hidden": "true",
        "width": "11", "height": "11",
      ],
      Markup("path", ["class": "\(style) \(paint)", "d": path(5, 5, 3)]))
  }
}
