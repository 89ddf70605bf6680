/// A dense array of single-precision numbers in row-major order.
public struct Tensor: Sendable, Equatable {
  /// The extent of each axis; empty for a scalar.
  public var shape: [Int]
  /// The elements, last axis fastest. As many as the product of `shape`.
  public var values: [Float]
  /// Of a constant parameter, the categorical covariate over whose categories the leading axis goes; nil for one that is the
  /// same for every example.
  public var by: String?

  /// A tensor of the given shape. The number of values must be the product of the shape.
  public init(shape: [Int], values: [Float], by: String? = nil) {
    precondition(shape.reduce(1, *) == values.count, "a tensor's values must fill its shape")
    self.shape = shape
    self.values = values
    self.by = by
  }

  /// A vector.
  public init(_ values: [Float]) { self.init(shape: [values.count], values: values) }

  /// A matrix, row by row.
  public init(rows: Int, columns: Int, _ values: [Float]) { self.init(shape: [rows, columns], values: values) }

  /// The number of elements.
  public var count: Int { values.count }
}
