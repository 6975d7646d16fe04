"""Shapes of the hand, each registered by name; `hands` turns them into joint angles."""
