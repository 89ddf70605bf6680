/// The extents of an image and how it lies in memory.
package struct ImageShape: Sendable, Equatable {
  package var height: Int
  package var width: Int
  package var channels: Int
  package let format: DataFormat

  package init(height: Int, width: Int, channels: Int, _ format: DataFormat) {
    self.height = height
    self.width = width
    self.channels = channels
    self.format = format
  }

  /// An image from the shape of one example; nil where that has not three axes.
  package init?(_ shape: [Int], _ format: DataFormat) {
    guard shape.count == 3 else { return nil }
    switch format {
    case .channelsLast: self.init(height: shape[0], width: shape[1], channels: shape[2], format)
    case .channelsFirst: self.init(height: shape[1], width: shape[2], channels: shape[0], format)
    }
  }

  /// The number of elements.
  package var count: Int { height * width * channels }

  package var shape: [Int] {
    switch format {
    case .channelsLast: [height, width, channels]
    case .channelsFirst: [channels, height, width]
    }
  }

  /// The row of a lane matrix that an element is.
  package func row(_ y: Int, _ x: Int, _ channel: Int) -> Int {
    switch format {
    case .channelsLast: (y * width + x) * channels + channel
    case .channelsFirst: (channel * height + y) * width + x
    }
  }

  /// The runs of rows that one row of pixels consists of.
  package func runs(y: Int) -> [Range<Int>] {
    switch format {
    case .channelsLast: [row(y, 0, 0)..<row(y, 0, 0) + width * channels]
    case .channelsFirst: (0..<channels).map { row(y, 0, $0)..<row(y, 0, $0) + width }
    }
  }
}
