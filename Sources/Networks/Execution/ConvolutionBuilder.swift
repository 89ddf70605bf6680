import CKernels
import Models

/// Finds the patches, tables and packed weights of a convolution.
struct ConvolutionBuilder: Sendable {
  let input: ImageShape
  let output: ImageShape
  let groups: Int
  /// For each row and each column of the output, the taps that reach it.
  let vertical: [[WindowAxis.Tap]]
  let horizontal: [[WindowAxis.Tap]]
  let weight: [Float]
  let bias: [Float]?
  /// Where the weight of an element of the window, an input channel and an output channel lies; channels count within
  /// the group, whose first weight `group` finds.
  let steps: (vertical: Int, horizontal: Int, input: Int, output: Int, group: Int)

  /// Which weights a patch takes: an element of the window for each row of taps, and for each column and each pixel of
  /// the patch; nil where the column doesn't reach the pixel.
  private struct WeightKey: Hashable {
    let vertical: [Int]
    let horizontal: [[Int?]]
    let group: Int
  }

  /// A column of inputs that reaches some pixels of a patch; no input is padding.
  private struct Column {
    let input: Int?
    let windows: [Int?]
  }

  /// Weights are packed apart for every set of taps that some border leaves, up to this many floats in all. Beyond it
  /// the borders multiply rows of zeros.
  private static let borderWeights = 1 << 18

  /// The product computes four outputs in the time of one. So where the next pixels' outputs follow in the same step,
  /// and there are few, a patch takes several pixels: it multiplies some zeros, but fewer outputs that nobody wants.
  private var pixelsOfPatch: Int {
    guard groups == 1, output.channels <= 2, output.format == .channelsLast || output.channels == 1 else { return 1 }
    return 4 / output.channels
  }

  func build() -> ConvolutionStep {
    let inside = [vertical, horizontal].map { axis in axis.map { $0.filter { $0.input != nil } } }
    let distinct = inside.map { axis in Set(axis.map { $0.map(\.window) }).reduce(0) { $0 + $1.count } }
    let weights = distinct[0] * distinct[1] * (input.channels / groups) * output.channels
    let pixels = pixelsOfPatch
    let dropsPadding = weights <= Self.borderWeights || pixels > 1
    let rows = dropsPadding ? inside[0] : vertical
    let columns = stride(from: 0, to: output.width, by: pixels).map { x in
      let patch = (dropsPadding ? inside[1] : horizontal)[x..<min(x + pixels, output.width)]
      return pixels == 1 ? patch[x].map { Column(input: $0.input, windows: [$0.window]) } : Self.union(patch)
    }
    var patches: [ConvolutionStep.Patch] = []
    var tables: [ConvolutionStep.Table] = []
    var tableNumbers: [[Int32]: Int] = [:]
    var packed: [AlignedBuffer] = []
    var packedNumbers: [WeightKey: Int] = [:]
    var keys: [(key: WeightKey, outputs: Int)] = []
    for y in 0..<output.height {
      for (place, columns) in columns.enumerated() {
        let (inputs, first) = table(rows[y], columns)
        let table = tableNumbers[inputs] ?? tables.count
        if table == tables.count {
          tables.append(.init(inputs))
          tableNumbers[inputs] = table
        }
        let x = place * pixels
        let outputs = min(pixels, output.width - x) * (output.channels / groups)
        for group in 0..<groups {
          let key = WeightKey(vertical: rows[y].map(\.window), horizontal: columns.map(\.windows), group: group)
          let number = packedNumbers[key] ?? packed.count
          if number == packed.count {
            packed.append(pack(key, outputs: outputs))
            keys.append((key, outputs))
            packedNumbers[key] = number
          }
          patches.append(
            .init(
              inputRow: first + input.row(0, 0, group * (input.channels / groups)),
              outputRow: output.row(y, x, group * (output.channels / groups)), outputs: outputs, table: table,
              weights: number))
        }
      }
    }
    let sets = keys
    return ConvolutionStep(
      patches: patches, tables: tables, packed: packed,
      outputStep: output.format == .channelsLast || pixels > 1 ? 1 : output.height * output.width,
      imageRows: (0..<output.height).map { output.runs(y: $0) },
      inputRows: input.height * input.width * input.channels,
      outputRows: output.height * output.width * output.channels,
      transposed: Lazily { transposed().build() },
      origins: Lazily { sets.map { origins($0.key, outputs: $0.outputs) } })
  }

  /// Every column that reaches one of the pixels.
  private static func union(_ pixels: ArraySlice<[WindowAxis.Tap]>) -> [Column] {
    Set(pixels.flatMap { $0.compactMap(\.input) }).sorted().map { input in
      Column(input: input, windows: pixels.map { taps in taps.first { $0.input == input }?.window })
    }
  }

  /// The input rows of the taps, counted from the first that is inside the image, and that row.
  private func table(_ vertical: [WindowAxis.Tap], _ columns: [Column]) -> (rows: [Int32], first: Int) {
    let top = vertical.compactMap(\.input).min() ?? 0
    let left = columns.compactMap(\.input).min() ?? 0
    let first = input.row(top, left, 0)
    var rows: [Int32] = []
    for tap in vertical {
      for column in columns {
        for channel in 0..<input.channels / groups {
          guard let y = tap.input, let x = column.input else {
            rows.append(-1)
            continue
          }
          rows.append(Int32(input.row(y, x, channel) - first))
        }
      }
    }
    return (rows, first)
  }

  /// Where the weights of a set of taps lie in the layer's weight.
  private func origins(_ key: WeightKey, outputs: Int) -> ConvolutionStep.WeightOrigins {
    let inputs = key.vertical.count * key.horizontal.count * (input.channels / groups)
    let channels = output.channels / groups
    var places: [Int32] = []
    places.reserveCapacity(inputs * outputs)
    for row in key.vertical {
      for windows in key.horizontal {
        for channel in 0..<input.channels / groups {
          for window in windows {
            guard let window else {
              places += repeatElement(-1, count: channels)
              continue
            }
            let first =
              key.group * steps.group + row * steps.vertical + window * steps.horizontal + channel * steps.input
            for target in 0..<channels { places.append(Int32(first + target * steps.output)) }
          }
        }
      }
    }
    return ConvolutionStep.WeightOrigins(
      inputs: inputs, outputs: outputs, weights: places,
      biases: (0..<outputs).map { Int32(key.group * channels + $0 % channels) })
  }

  private func pack(_ key: WeightKey, outputs: Int) -> AlignedBuffer {
    let origins = origins(key, outputs: outputs)
    let buffer = AlignedBuffer(count: ck_packed_count(outputs, origins.inputs))
    let values = origins.weights.map { $0 < 0 ? 0 : weight[Int($0)] }
    ck_pack(
      outputs, origins.inputs, values, 1, outputs, bias.map { bias in origins.biases.map { bias[Int($0)] } },
      buffer.pointer)
    return buffer
  }
}
