// Lights that change with a pseudo-random number: a counter, a multiplier, a block of memory.
module noise(input clk, input reset, output reg [7:0] lights);
  reg [11:0] divider;
  reg [15:0] number;
  reg [7:0] memory [0:255];
  reg [7:0] read;
  wire [15:0] next = {number[14:0], number[15] ^ number[13] ^ number[12] ^ number[10]};
  wire [15:0] product = number[7:0] * number[15:8];
  always @(posedge clk) begin
    divider <= divider + 1;
    memory[number[7:0]] <= product[11:4];
    read <= memory[next[7:0]];
    if (reset) begin
      number <= 16'hace1;
      lights <= 0;
    end else if (divider == 0) begin
      number <= next;
      lights <= read ^ product[7:0];
    end
  end
endmodule
