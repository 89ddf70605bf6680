/// Evenly spaced elements of a stream of unknown length, in bounded memory: every s-th, with s doubled whenever there are
/// too many. Between half the limit and the limit of them remain, unless the stream is shorter.
struct EvenSample<Element> {
  private let limit: Int
  private var stride = 1
  private var position = 0
  private(set) var elements: [Element] = []

  init(limit: Int) { self.limit = limit }

  /// Adds the next element, made only if it is kept.
  mutating func add(_ element: @autoclosure () -> Element) {
    defer { position += 1 }
    guard limit > 0, position.isMultiple(of: stride) else { return }
    if elements.count == limit {
      thin()
      guard position.isMultiple(of: stride) else { return }
    }
    elements.append(element())
  }

  /// Adds the elements of a later stream of the same limit: evenly spaced in each, by the larger of both distances.
  mutating func merge(_ other: EvenSample) {
    var other = other
    while stride < other.stride { thin() }
    while other.stride < stride { other.thin() }
    elements += other.elements
    position += other.position
    while elements.count > limit { thin() }
  }

  /// Leaves out every second element.
  private mutating func thin() {
    elements = elements.indices.filter { $0.isMultiple(of: 2) }.map { elements[$0] }
    stride *= 2
  }
}

extension EvenSample: Sendable where Element: Sendable {}
