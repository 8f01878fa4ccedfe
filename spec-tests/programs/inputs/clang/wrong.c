int answer(void) {
  int x = "forty-two";
  return y;
}
