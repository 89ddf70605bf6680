import HDF5
import ModelFile
import Models

/// A model that gives every example one pattern, whatever z is: data in another order, or on another scale, don't fit.
struct PatternModel {
  var shape: [Int]
  var likelihood: Models.Distribution = .bernoulli

  var size: Int { shape.reduce(1, *) }

  /// Far from its transpose, its inverse and its mirror images, and its elements from being all alike.
  var pattern: [Float] {
    (0..<size).map { $0 % 24 % 6 < 2 || $0 % 24 / 6 == 1 || ($0 / 24 % 3 == 1 && $0 % 2 == 0) ? 0.9 : 0.1 }
  }

  var description: ModelDescription {
    func constant(_ values: [Float]) -> Parameter { .constant(Tensor(shape: shape, values: values)) }
    var parameters: [ParameterName: Parameter]
    switch likelihood {
    case .bernoulli: parameters = [.probabilities: constant(pattern)]
    case .normal: parameters = [.mean: constant(pattern), .scale: .constant(Tensor(shape: [], values: [0.1]))]
    default: parameters = [.rate: constant(pattern.map { 10 * $0 })]
    }
    let head = Dense(weight: Tensor(rows: size, columns: 1, [Float](repeating: 0, count: size)), layout: .kernel)
    return ModelDescription(
      input: .init(shape: shape),
      encoders: [
        Conditional(
          .normal, given: [0], trunk: Stack([Layer(.flatten)]),
          parameters: [.mean: .stack(Stack([Layer(.dense(head))])), .logVariance: .stack(Stack([Layer(.dense(head))]))])
      ],
      decoders: [Conditional(likelihood, given: [1], parameters: parameters)])
  }

  /// Examples as the model has them: ones in 9 of 10, values around the pattern, counts around ten times it.
  func data(_ count: Int) -> [Float] {
    (0..<count).flatMap { example in
      pattern.enumerated().map { element, mean in
        // −1.5 … 1.5 in steps of ⅓, differently for each element.
        let step = Float((example * 7 + element * 3) % 10) / 3 - 1.5
        switch likelihood {
        case .bernoulli: return (example + element) % 10 == 0 ? 1 - mean.rounded() : mean.rounded()
        case .normal: return mean + 0.1 * step
        default: return max(0, (10 * mean + step * (10 * mean).squareRoot()).rounded())
        }
      }
    }
  }
}

/// Elements of an array with its axes in another order, as numpy's transpose takes it.
func transposed(_ values: [Float], _ shape: [Int], _ order: [Int]) -> [Float] {
  var strides = [Int](repeating: 1, count: shape.count)
  for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
  let extents = order.map { shape[$0] }
  return values.indices.map { index in
    var (rest, place) = (index, 0)
    for axis in extents.indices.reversed() {
      place += rest % extents[axis] * strides[order[axis]]
      rest /= extents[axis]
    }
    return values[place]
  }
}
