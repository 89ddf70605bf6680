import CKernels
import Models

/// The part of a fully connected layer's weights that covariates are multiplied by. They are constant for an example, so that
/// this is a bias, worked out once.
struct CovariateColumns: Sendable {
  /// Which of the numbers known of an example.
  private let columns: [Int]
  /// One row of outputs for each column.
  private let weights: [[Float]]
  private let bias: [Float]

  init(_ dense: Dense, inputs: Int, outputs: Int, columns: [Int]) {
    self.columns = columns
    let width = inputs + columns.count
    weights = columns.indices.map { index in
      (0..<outputs).map { output in
        dense.weight.values[
          dense.layout == .weight ? output * width + inputs + index : (inputs + index) * outputs + output]
      }
    }
    bias = dense.bias?.values ?? [Float](repeating: 0, count: outputs)
  }

  /// Writes the biases of an example into a layer's packed weights. Sums are taken in Double and rounded once.
  func fold(_ covariates: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>, inputs: Int) {
    var sums = bias.map { Double($0) }
    for (column, weights) in zip(columns, self.weights) {
      let value = Double(covariates[column])
      // Of a category all but one are zero.
      if value == 0 { continue }
      for output in sums.indices { sums[output] += value * Double(weights[output]) }
    }
    let packing = Int(CK_PACK)
    for (output, sum) in sums.enumerated() {
      packed[output / packing * packing * (inputs + 1) + output % packing] = Float(sum)
    }
  }
}
