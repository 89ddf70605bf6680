/// How the axes of stored examples stand to those that a model takes.
public enum AxisOrder {
  /// Whether an example of one shape can be taken as one of another by counting elements in order: they are equal but
  /// for axes of one element, either is flat, or one only joins neighbouring axes of the other.
  public static func agree(_ stored: [Int], _ model: [Int]) -> Bool {
    let (a, b) = (ends(stored), ends(model))
    return a.isSubset(of: b) || b.isSubset(of: a)
  }

  /// The positions at which an axis ends, counted in elements from the innermost: the joints of a shape.
  private static func ends(_ shape: [Int]) -> Set<Int> {
    var product = 1
    var result: Set<Int> = []
    for extent in shape.reversed() where extent > 1 {
      product = product.multipliedReportingOverflow(by: extent).partialValue
      result.insert(product)
    }
    return result
  }

  /// The order in which axes of stored examples [N, …] become those of the model, as numpy's transpose takes it; nil
  /// where no order does. Of several, the first that keeps most axes where they are.
  public static func order(from stored: [Int], to model: [Int]) -> [Int]? {
    guard stored.count == model.count, stored.count <= 6, stored.sorted() == model.sorted() else { return nil }
    var left = Array(stored.indices)
    var result = [0]
    for extent in model {
      guard let next = left.firstIndex(where: { stored[$0] == extent }) else { return nil }
      result.append(left.remove(at: next) + 1)
    }
    return result
  }

  /// An axis other than the first of which each index has as many elements as an example: examples may lie along it.
  static func axisOfExamples(_ shape: [Int], elements: Int) -> Int? {
    shape.indices.dropFirst().first { axis in
      shape.enumerated().allSatisfy { $0.offset == axis || $0.element > 0 }
        && shape.enumerated().reduce(1) { $1.offset == axis ? $0 : min(1 << 40, $0 * $1.element) } == elements
    }
  }

  /// Why examples of a shape can't be taken as the model's, though they have as many elements; nil where they can.
  ///
  /// `shape`: that of the dataset, with the examples' axis first.
  public static func disagreement(_ shape: [Int], model: [Int]) -> (message: String, order: [Int]?)? {
    let stored = Array(shape.dropFirst())
    guard !agree(stored, model) else { return nil }
    if let order = order(from: stored, to: model) {
      return ("the axes of an example are in another order: \(stored) are stored, the model takes \(model)", order)
    }
    return (
      "an example of shape \(stored) does not part into the model's \(model): the axes may be in another order", nil
    )
  }
}
