/// An element as it is stored and as the model sees it.
public struct RoundedValue: Sendable, Equatable {
  /// As stored, divided as the examples are.
  public let stored: Double
  /// The nearest float.
  public let rounded: Double
}

extension Dataset {
  /// The elements of examples before they are rounded to floats, divided as the examples are: what is checked against the
  /// support. Nil where nothing is rounded, and where noise is added.
  func unrounded(_ rows: Range<Int>) throws -> [Double]? {
    guard !preprocessing.dequantize, var values = try source.readUnrounded(rows) else { return nil }
    if preprocessing.divideBy != 1 {
      for index in values.indices { values[index] /= preprocessing.divideBy }
    }
    return values
  }
}

extension Support {
  /// Where the first element is that does not belong to the support, as it is stored or as the model sees it.
  ///
  /// - Parameter isBinarized: Whether stored values in [0, 1] have become 0 or 1.
  func firstOutside(_ values: [Float], unrounded: [Double]?, isBinarized: Bool) -> Int? {
    guard let unrounded else { return values.firstIndex { !contains($0) } }
    return values.indices.first { index in
      !contains(values[index])
        || !contains(unrounded[index]) && !(isBinarized && Support.unitInterval.contains(unrounded[index]))
    }
  }

  /// The first count of an example that no float holds.
  func firstRounded(_ values: ArraySlice<Float>, unrounded: ArraySlice<Double>) -> RoundedValue? {
    switch self {
    case .counts, .classes: break
    default: return nil
    }
    return zip(unrounded, values).lazy.map { RoundedValue(stored: $0, rounded: Double($1)) }
      .first { $0.stored != $0.rounded && $0.stored > 0x1p24 }
  }
}
